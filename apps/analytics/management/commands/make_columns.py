"""Makes the copies in columns that are missing. A worker starts it when there is work; by hand it fills everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.keeping import keep
from apps.analytics.database import connect
from apps.metrics.contracts import QueryTooSlow


class Command(BaseCommand):
    help = "Copy closed days of large sites into columns, and take away copies that are no longer wanted."

    def add_arguments(self, parser: CommandParser) -> None:
        """How long it may go on; what is left then is made the next time."""
        parser.add_argument("--seconds", type=float, default=3600.0)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make, and say how much."""
        with connect() as connection:
            try:
                done = keep(connection, datetime.now(UTC), options["seconds"])
            except (CopiesGone, QueryTooSlow) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(", ".join(f"{number} {word}" for word, number in done.items()) or "another process is at it")
