"""Write the whole database into one file: `manage.py backup var/backups/monday.dump`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.ops.backups import BackupFailed, dump, tables_in


class Command(BaseCommand):
    """Uploads (MEDIA_ROOT) and FIELD_KEYS are not in it; docs/operations.md says what else to keep."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, then read the list of contents back."""
        target: Path = options["file"].resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            dump(target)
            tables = tables_in(target)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{target}: {tables} tables, {target.stat().st_size / 1e6:.1f} MB")
