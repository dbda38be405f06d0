"""Which copies answer a question, and what is left for PostgreSQL.

A question is cut at midnights of its own zone: a visitor is counted once a day, so that counts of whole days add up
wherever each day was counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from apps.analytics.columns.contracts import TABLES, ColumnStore, Copy
from apps.analytics.columns.stores import chosen
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import Query, Window

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that no copy holds, of these sites."""

    sites: tuple[int, ...]
    window: Window


@dataclass(frozen=True, slots=True)
class Plan:
    """The copies to read, those that hold more than the stretches to read of them apart, and the gaps between."""

    store: ColumnStore
    whole: tuple[Copy, ...]
    partly: tuple[Copy, ...]
    stretches: tuple[Stretch, ...]
    gaps: tuple[Gap, ...]
    settled: bool = False  # the copies tell whose visit is the only one of a day, by the days of the question's clock

    @property
    def copies(self) -> tuple[Copy, ...]:
        """All of them."""
        return (*self.whole, *self.partly)


def plan(query: Query, cursor: Any) -> Plan | None:
    """How a question about named sites is answered; None where copies are of no use. The cursor is the scope's own, so
    that no other organization's copies are found."""
    store, window = chosen(), query.window
    if store is None:
        return None
    there = _there(store, query, cursor)
    of_sites = {site: _apart(rows) for site, rows in groupby(there, lambda row: row[0])}
    if not of_sites:
        return None
    common: list[Stretch] = [(window.start, window.end)]
    for rows in of_sites.values():
        common = _both(common, _joined((row[2], row[3]) for row in rows))
    stretches = tuple(found for stretch in common if (found := _whole_days(stretch, window)))
    if not stretches:
        return None
    read = [row for rows in of_sites.values() for row in rows if any(row[2] < b and a < row[3] for a, b in stretches)]
    copies: dict[bool, list[Copy]] = {True: [], False: []}
    for row in read:
        copies[any(a <= row[2] and row[3] <= b for a, b in stretches)].append(row[1])
    gaps = [Gap(tuple(of_sites), window_) for window_ in _between(stretches, window)]
    if others := tuple(site for site in query.subjects if site not in of_sites):
        gaps.append(Gap(others, window))
    settled = all(row[4] == window.zone.key for row in read)
    return Plan(store, tuple(copies[True]), tuple(copies[False]), stretches, tuple(gaps), settled)


def _there(store: ColumnStore, query: Query, cursor: Any) -> list[tuple[int, Copy, datetime, datetime, str]]:
    """The copies that can be asked: (site, copy, start, until, zone), months before their days."""
    cursor.execute(
        f"SELECT site_id, organization_id, start, until, zone, name, {', '.join(TABLES)} FROM analytics_columnspan"
        " WHERE store = %s AND site_id = ANY(%s) AND organization_id = ANY(%s) AND ready AND NOT stale AND until > %s"
        " AND start < %s ORDER BY site_id, start, until DESC",
        [store.key, list(query.subjects), list(query.organization_ids), query.window.start, query.window.end],
    )
    rows = [
        (site, Copy(organization, site, name, tuple(counts)), start, until, zone)
        for site, organization, start, until, zone, name, *counts in cursor.fetchall()
    ]
    usable = set(store.usable([row[1] for row in rows]))
    return [row for row in rows if row[1] in usable]


def _apart(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Spans that do not overlap: where a month and its days are both there, the month."""
    found: list[tuple[Any, ...]] = []
    for row in rows:
        if not found or row[2] >= found[-1][3]:
            found.append(row)
    return found


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for start, until in stretches:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], until)
        else:
            found.append((start, until))
    return found


def _both(left: list[Stretch], right: list[Stretch]) -> list[Stretch]:
    found = [(max(a, c, key=_utc), min(b, d, key=_utc)) for a, b in left for c, d in right]
    return sorted(((a, b) for a, b in found if _utc(a) < _utc(b)), key=lambda stretch: _utc(stretch[0]))


def _whole_days(stretch: Stretch, window: Window) -> Stretch | None:
    """What a stretch holds of whole days; a window's own ends may lie within one."""
    start, end = stretch
    if _utc(start) > _utc(window.start):
        day = start.astimezone(window.zone).date()
        if _utc(midnight(day, window.zone)) < _utc(start):
            start = midnight(day + timedelta(days=1), window.zone)
    if _utc(end) < _utc(window.end):
        end = midnight(end.astimezone(window.zone).date(), window.zone)
    return (_utc(start), _utc(end)) if _utc(start) < _utc(end) else None


def _between(stretches: tuple[Stretch, ...], window: Window) -> list[Window]:
    edges = [_utc(window.start), *(edge for stretch in stretches for edge in stretch), _utc(window.end)]
    return [
        Window(start.astimezone(window.zone), end.astimezone(window.zone), window.zone, window.grain)
        for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end
    ]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
