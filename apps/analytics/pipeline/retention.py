"""Letting visits and events go after the months a site keeps them. The figures counted from them stay.

Whole months go: those that no site needs any more by dropping their partition, else the rows of one site in pieces.
Before the first row goes, the site says from when on its events are whole (`Site.events_from`), so that counting again
never takes what is half gone for all there was. Every step is its own transaction: whatever ends a run, the next one
goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import sql
from psycopg.errors import LockNotAvailable

from apps.analytics.contracts import SiteSettings
from apps.analytics.pipeline.clock import at_ms, clock_of, moment_of

log = structlog.get_logger(__name__)
PIECE = 20_000
LOCK_WAIT = "2s"
_SITES = """
SELECT s.id, s.settings, s.events_from, o.time_zone FROM analytics_site s
JOIN accounts_organization o ON o.id = s.organization_id
"""
_PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'analytics_event'::regclass ORDER BY c.relname
"""
_OF_SITE = (
    "DELETE FROM analytics_event WHERE (id, time) IN"
    " (SELECT id, time FROM analytics_event WHERE site_id = %(site)s AND time < %(before)s LIMIT %(piece)s)",
    "DELETE FROM analytics_session WHERE id IN (SELECT id FROM analytics_session"
    " WHERE site_id = %(site)s AND started_at < %(before)s AND last_at < %(before)s LIMIT %(piece)s)",
    "DELETE FROM analytics_identity WHERE id IN (SELECT id FROM analytics_identity"
    " WHERE site_id = %(site)s AND seen_at < %(before)s LIMIT %(piece)s)",
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """One site: events before `before` go; None keeps all. `whole_from` is its first day with every event."""

    site: int
    before: datetime | None
    whole_from: datetime | None
    known_from: datetime | None


class Retention:
    """One run over the sites of a shard; `until` is the clock (time.monotonic) at which it makes room for counting."""

    def __init__(self, connection: Any, shard: tuple[int, int], now: datetime) -> None:
        self._connection = connection
        self._shard = shard
        self._now = now

    def run(self, until: float) -> dict[str, int]:
        """Let go of what is due; how many partitions and rows went, and whether something is left for the next run."""
        done = {"partitions": 0, "rows": 0, "unfinished": 0}
        sites = list(self._sites())
        due = [site for site in sites if site.before and site.site % self._shard[1] == self._shard[0]]
        for site in due:
            self._announce(site)
        if self._shard[0] == 0 and (kept_from := [site.before for site in sites if site.before]):
            done["partitions"] = sum(self._drop(name, sites, max(kept_from)) for name in self._partitions())
        for site in due:
            for statement in _OF_SITE:
                done["rows"] += self._clear(statement, site, until)
        done["unfinished"] = int(time.monotonic() >= until and bool(due))
        return done

    def _sites(self) -> Iterator[Keeping]:
        for site, settings, known_from, zone in self._connection.execute(_SITES).fetchall():
            before = SiteSettings.from_json(settings).kept_from(self._now)
            yield Keeping(site, before, _whole_day(before, zone) if before else None, known_from)

    def _announce(self, site: Keeping) -> None:
        if site.known_from is None or (site.whole_from and site.known_from < site.whole_from):
            self._connection.execute(
                "UPDATE analytics_site SET events_from = %(from)s WHERE id = %(site)s AND EXISTS"
                " (SELECT 1 FROM analytics_event WHERE site_id = %(site)s AND time < %(from)s)",
                {"site": site.site, "from": site.whole_from},
            )

    def _partitions(self) -> list[str]:
        return [row[0] for row in self._connection.execute(_PARTITIONS).fetchall()]

    def _drop(self, name: str, sites: list[Keeping], before: datetime) -> bool:
        """Drop a month that nobody needs. While somebody reads the table it waits for two seconds, then for the next
        run."""
        end = _end_of(name)
        if end is None or end > before or any(self._holds(name, s) for s in sites if not s.before or s.before < end):
            return False
        try:
            with self._connection.transaction():
                self._connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                self._connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
        except LockNotAvailable:
            return False
        log.info("retention.partition_dropped", partition=name)
        return True

    def _holds(self, name: str, site: Keeping) -> bool:
        question = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE site_id = %s)").format(sql.Identifier(name))
        return bool(self._connection.execute(question, [site.site]).fetchone()[0])

    def _clear(self, statement: str, site: Keeping, until: float) -> int:
        gone = 0
        while time.monotonic() < until:
            params = {"site": site.site, "before": site.before, "piece": PIECE}
            went = self._connection.execute(statement, params).rowcount
            gone += went
            if went < PIECE:
                break
        return gone


def _whole_day(before: datetime, zone: str) -> datetime:
    """The first local midnight at or after an instant."""
    day = clock_of(zone).day_of(at_ms(before))
    return before if day.start == at_ms(before) else moment_of(day.end)


def _end_of(partition: str) -> datetime | None:
    """When the month of a partition ends; None for a table that is none of ours."""
    year, _, month = partition.removeprefix("analytics_event_y").partition("m")
    if not (year.isdecimal() and month.isdecimal()):
        return None
    number = int(year) * 12 + int(month)
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
