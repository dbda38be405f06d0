"""Read a backup into the database, replacing what is there: `manage.py restore monday.dump --yes`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from apps.core.ops.backups import BackupFailed, restore, tables_in


class Command(BaseCommand):
    """Stop the other processes first. All or nothing: a restore that fails leaves the database as it was."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """What, and that it is meant."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="replace the database without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, then read."""
        source: Path = options["file"].resolve()
        if not source.exists():
            raise CommandError(f"There is no {source}.")
        name = connection.settings_dict["NAME"]
        if not options["yes"] and input(f"Replace everything in the database {name}? Type its name: ") != name:
            raise CommandError("Nothing was changed.")
        try:
            tables = tables_in(source)
            restore(source)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{name}: {tables} tables restored from {source.name}. Now run `manage.py migrate`.")
