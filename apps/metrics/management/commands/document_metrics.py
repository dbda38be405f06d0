"""Write the metric reference from the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.metrics.reference import text

PATH = Path("docs/metrics.md")


class Command(BaseCommand):
    """`manage.py document_metrics [--check]`"""

    help = "Write docs/metrics.md from the declared metrics; with --check only say whether it is up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        """Only look, or write."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, or fail when the file differs."""
        path = settings.BASE_DIR / PATH
        wanted = text()
        if options["check"]:
            if not path.exists() or path.read_text() != wanted:
                raise SystemExit(f"{PATH} is out of date: run manage.py document_metrics")
            return
        path.write_text(wanted)
        self.stdout.write(f"{PATH}: written")
