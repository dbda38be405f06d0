"""Write docs/openapi.yaml and the TypeScript types from the code; `--check` only says whether they are current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from apps.core.api.types import typescript


def current() -> dict[Path, str]:
    """What the files should hold."""
    with translation.override("en"):
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
        yaml = OpenApiYamlRenderer().render(schema, renderer_context={}).decode()
    root = Path(settings.BASE_DIR)
    return {root / "docs" / "openapi.yaml": yaml, root / "static" / "src" / "lib" / "api.ts": typescript(schema)}


class Command(BaseCommand):
    """The schema and the types are committed, so that a change of the API shows in the diff."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check`."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        for path, text in current().items():
            if options["check"]:
                if not path.exists() or path.read_text() != text:
                    raise CommandError(f"{path.name} is not current: run `manage.py api_types`")
            else:
                path.write_text(text)
                self.stdout.write(str(path))
