"""Imports: a step between two batches. Each step reads on for about half a second and stores what it found together
with how far it got, in one transaction: killed anywhere, an import goes on where it was and nothing is doubled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from psycopg.types.json import Jsonb

from apps.analytics.enrichment.words import same
from apps.analytics.enums import EventFlag, ImportState, Origin
from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, Refused, Seen
from apps.analytics.history.readers import OF_DAYS, Numbered, open_rows
from apps.analytics.pipeline.clock import ZoneClock, at_ms, clock_of, moment_of
from apps.analytics.pipeline.core import Core, Outcome
from apps.analytics.pipeline.day_rows import SPAN, DayRows, finish_days, take_back_days, take_back_events
from apps.analytics.pipeline.hits import Envelope
from apps.analytics.pipeline.import_limits import Limits, limits_of
from apps.analytics.pipeline.rebuild import rebuild_days, rebuild_rest

SECONDS = 0.5
EVENTS = 6000
ROWS = 5000
MOST_FAULTS = 100
DAYS_AT_ONCE = 28  # counted again in one transaction
DAY_MS = 86_400_000
IMPORTED = int(EventFlag.IMPORTED)
_READ = """
SELECT i.id, i.site_id, i.organization_id, i.kind, i.state, i.file, i.line, i.taken, i.broken, i.left, i.faults,
    i.limits, i.buckets, i.stamp, i.preview, s.domains, o.time_zone
FROM analytics_import i JOIN analytics_site s ON s.id = i.site_id
JOIN accounts_organization o ON o.id = i.organization_id WHERE i.id = %s FOR UPDATE OF i
"""
_LIMITS = "UPDATE analytics_import SET limits = %s WHERE id = %s"
_WRITE = """
UPDATE analytics_import SET line = %(line)s, taken = %(taken)s, broken = %(broken)s, "left" = %(left)s,
    faults = %(faults)s, limits = %(limits)s, buckets = %(buckets)s, state = %(state)s::text, error = '',
    file = CASE WHEN %(state)s::text = 'done' THEN '' ELSE file END,
    finished_at = CASE WHEN %(state)s::text = 'running' THEN NULL ELSE now() END WHERE id = %(id)s
"""


@dataclass(slots=True)
class Work:
    """One import, as stored; changed as it goes on."""

    id: int
    site_id: int
    organization_id: int
    kind: str
    state: str
    file: str
    line: int
    taken: int
    broken: int
    left: dict[str, int]
    faults: list[list[Any]]
    limits: dict[str, Any]
    buckets: list[int]
    stamp: int
    preview: dict[str, Any]
    domains: list[str]
    zone: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return Path(settings.MEDIA_ROOT) / self.file

    @property
    def clock(self) -> ZoneClock:
        """The days of the organization."""
        return clock_of(self.zone)

    def note(self, number: int, item: str | Broken) -> None:
        """Count a row that is not taken; the first of the broken ones are listed."""
        if isinstance(item, str):
            self.left[item] = self.left.get(item, 0) + 1
            return
        self.broken += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append([number, str(item)])


class Importer:
    """Goes on with imports; keeps the file it is reading open."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._open: tuple[int, int, Iterator[Numbered]] | None = None  # import, rows read, the rest

    def step(self, import_id: int) -> bool:
        """Read on, within a transaction of its own; returns whether there is nothing left to do."""
        connection = self._core.connection
        outcome: Outcome | None = None
        try:
            with connection.transaction():
                work = self._read(import_id)
                if work is None:
                    return True
                rows, ended = self._rows(work)
                outcome = self._store(work, rows)
                self._write(work, ended)
        except BaseException:
            self._open = None
            self._core.rolled_back()
            raise
        if outcome:
            self._core.committed(outcome)
        if work.state == ImportState.DONE:
            with suppress(OSError):
                work.path.unlink()
        return work.state != ImportState.RUNNING

    def undo(self, import_id: int) -> bool:
        """Take an import back, piece by piece: first what it brought, then its days counted again some weeks at a time,
        then what is made of days; returns whether it is done."""
        connection, self._open = self._core.connection, None
        with connection.transaction():
            work = self._read(import_id)
            if work is None:
                return True
            if work.kind in OF_DAYS:
                take_back_days(connection, work.site_id, work)
            elif not self._undone(work):
                connection.execute(_LIMITS, [Jsonb(work.limits), import_id])
                return False
            else:
                rebuild_rest(connection, work.site_id)
            connection.execute(
                "UPDATE analytics_import SET state = 'undone', buckets = '[]', limits = '{}', finished_at = now()"
                " WHERE id = %s", [import_id],
            )
        self._core.rolled_back()
        self._core.duplicates.clear()
        return True

    def _undone(self, work: Work) -> bool:
        """One piece; returns whether there is none left. `limits` says how far it is."""
        connection, limits, clock = self._core.connection, work.limits, work.clock
        if "recount" not in limits:
            first, last = connection.execute(SPAN, [work.site_id, IMPORTED, work.stamp]).fetchone()
            limits["recount"] = [clock.day_of(at_ms(first)).start, clock.day_of(at_ms(last)).end] if first else [0, 0]
            return False
        if not limits.get("gone"):
            limits["gone"] = take_back_events(connection, work.site_id, work.stamp)
            return False
        at, end = limits["recount"]
        if at >= end:
            return True
        until = clock.day_of(min(at + DAYS_AT_ONCE * DAY_MS, end)).start
        rebuild_days(connection, work.site_id, moment_of(at), moment_of(until))
        limits["recount"] = [until, end]
        return False

    def failed(self, import_id: int, error: Exception) -> None:
        """Say at the import why it cannot go on."""
        words = f"refused:{error}" if isinstance(error, Refused) else f"{type(error).__name__}: {error}"[:290]
        self._core.connection.execute(
            "UPDATE analytics_import SET state = 'failed', error = %s, finished_at = now() WHERE id = %s",
            [words, import_id],
        )

    def _read(self, import_id: int) -> Work | None:
        row = self._core.connection.execute(_READ, [import_id]).fetchone()
        if row is None:
            return None
        work = Work(*row)
        if work.state == ImportState.RUNNING and "until" not in work.limits:
            work.limits = limits_of(self._core.connection, work)
        return work

    def _rows(self, work: Work) -> tuple[list[tuple[int, Any]], bool]:
        """What is to be stored of the rows that are read now, and whether the file is at its end."""
        if work.state != ImportState.RUNNING:
            return [], False
        source, limits = self._source(work), Limits(work)
        until = time.monotonic() + SECONDS
        most = ROWS if work.kind in OF_DAYS else EVENTS
        found: list[tuple[int, Any]] = []
        for number, _table, item in source:
            work.line = number
            kept = item if isinstance(item, str | Broken) else limits.kept(item)
            if isinstance(kept, str | Broken):
                work.note(number, kept)
            else:
                found.append((number, kept))
            if len(found) >= most or (number % 500 == 0 and time.monotonic() > until):
                self._open = (work.id, number, source)
                return found, False
        self._open = None
        return found, True

    def _source(self, work: Work) -> Iterator[Numbered]:
        if self._open and self._open[:2] == (work.id, work.line):
            return self._open[2]
        host = work.domains[0] if work.domains else "localhost"
        return open_rows(
            work.kind, Upload(work.path), host, skip=work.line, ordered=bool(work.preview.get("ordered", True)),
            named=work.preview.get("named"),
        )

    def _store(self, work: Work, rows: list[tuple[int, Any]]) -> Outcome | None:
        if not rows:
            return None
        if work.kind in OF_DAYS:
            days = DayRows(self._core.connection, work)
            days.add([row for _number, found in rows for row in found])
            work.taken += len(rows)
            return None
        if self._core.salts.lend(bytes.fromhex(work.limits["salt"])):
            self._core.enricher.reset()
        return self._events(work, rows)

    def _events(self, work: Work, rows: list[tuple[int, Seen]]) -> Outcome:
        envelopes = [_envelope(work.site_id, number, seen) for number, seen in rows]
        outcome = self._core.prepare(envelopes, max(seen.at for _number, seen in rows), history=True)
        batch = outcome.batch
        batch.imported = work.stamp
        for hit in batch.hits:
            sent = hit.raw[1]
            if known := sent.get("known"):
                hit.place, hit.tech = same(tuple(known[0])), same(tuple(known[1]))
        for (_site, _day, (reason, _detail)), count in batch.drops.items():
            work.left[reason] = work.left.get(reason, 0) + count
        self._core.finish(outcome)
        work.taken += len(batch.hits)
        if batch.duplicates:
            work.left["duplicate"] = work.left.get("duplicate", 0) + batch.duplicates
        for dead in batch.dead:
            work.note(dead.envelope.id, Broken("event"))
        return outcome

    def _write(self, work: Work, ended: bool) -> None:
        if ended:
            work.state = ImportState.DONE
            work.limits.pop("salt", None)
            if work.kind in OF_DAYS:
                finish_days(self._core.connection, work.site_id)
                self._core.sites.refresh()
        elif work.state == ImportState.STOPPING:
            work.state = ImportState.STOPPED
        self._core.connection.execute(_WRITE, {
            "id": work.id, "line": work.line, "taken": work.taken, "broken": work.broken, "left": Jsonb(work.left),
            "faults": Jsonb(work.faults), "limits": Jsonb(work.limits), "buckets": Jsonb(work.buckets),
            "state": str(work.state),
        })


def _envelope(site_id: int, number: int, seen: Seen) -> Envelope:
    event = seen.event
    if seen.server:
        event = {**event, "ip": seen.ip, "ua": seen.ua}
    if seen.place is not None and seen.tech is not None:
        event["known"] = [seen.place, seen.tech]
    origin = Origin.SERVER if seen.server else Origin.BROWSER
    return Envelope(number, seen.at, site_id, int(origin), seen.ip, seen.ua, event)


