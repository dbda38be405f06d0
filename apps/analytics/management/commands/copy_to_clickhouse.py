"""Copies history into ClickHouse before EVENT_STORE is switched, while everything goes on; and compares it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.columns.comparing import compared
from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.keeping import keep, missing
from apps.analytics.database import connect
from apps.metrics.contracts import QueryTooSlow

PASS_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Copy closed days into the database at CLICKHOUSE_URL, then compare each with PostgreSQL. Stopped at any point,"
        " it goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How long it may go on, and whether it is only to look."""
        parser.add_argument("--seconds", type=float, default=float("inf"), help="how long it may copy")
        parser.add_argument("--check", action="store_true", help="copy nothing, compare what is there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, compare, and fail when something is left or differs."""
        if not settings.CLICKHOUSE_URL:
            raise CommandError("CLICKHOUSE_URL is not set")
        store = ClickHouseStore()
        try:
            with connect() as connection:
                if not options["check"]:
                    self._copy(connection, store, time.monotonic() + options["seconds"])
                self._compare(connection, store)
        except (CopiesGone, QueryTooSlow) as error:
            raise CommandError(str(error)) from error

    def _copy(self, connection: Any, store: ClickHouseStore, until: float) -> None:
        left = len(missing(connection, datetime.now(UTC), store))
        while left and (seconds := min(PASS_SECONDS, until - time.monotonic())) > 0:
            self.stdout.write(f"spans to copy: {left}")
            done = keep(connection, datetime.now(UTC), seconds, store)
            if not done:
                raise CommandError("another process is copying; it goes on by itself")
            if not done["made"]:
                break
            left = len(missing(connection, datetime.now(UTC), store))

    def _compare(self, connection: Any, store: ClickHouseStore) -> None:
        same, wrong = 0, 0
        visits = events = 0
        for span in compared(connection, store):
            if span.same:
                same, visits, events = same + 1, visits + span.rows[0], events + span.rows[2]
            else:
                wrong += 1
                self.stderr.write(
                    f"site {span.site}, {span.start:%Y-%m-%d} to {span.until:%Y-%m-%d}: {span.rows} in PostgreSQL,"
                    f" {span.copied} in ClickHouse"
                )
        left = len(missing(connection, datetime.now(UTC), store))
        self.stdout.write(f"spans that are the same in both: {same} ({visits} visits, {events} events)")
        if wrong or left:
            raise CommandError(f"spans that differed: {wrong}; spans still to be copied: {left}; run it again")
