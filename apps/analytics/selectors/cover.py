"""Which rows of the rollups answer a window: whole months, whole weeks in what is left, the days around them, the
hours of a day that is cut off.

Weeks and months are folded from their days once they are over; until then their days are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.analytics.enums import StoreGrain
from apps.metrics.calendar_math import floor_hour, midnight
from apps.metrics.contracts import Query, Window

_SHORTEST = {int(StoreGrain.WEEK): 7, int(StoreGrain.MONTH): 28}
Piece = tuple[StoreGrain, datetime, datetime]
Folded = set[tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class Cover:
    """`whole` is the condition that picks the rows with its parameters; `cut` is the rest of a last day that the
    window does not fill (from midnight to the window's end), None for whole days."""

    whole: str
    params: tuple[Any, ...]
    cut: Window | None


def cover(query: Query, cursor: Any) -> Cover:
    """How a window is read with the fewest rows."""
    window = query.window
    last_midnight = midnight(window.end.astimezone(window.zone).date(), window.zone)
    cut = None
    if last_midnight.astimezone(UTC) != window.end.astimezone(UTC):
        cut = Window(max(last_midnight, window.start, key=_utc), window.end, window.zone, window.grain)
    end = min(last_midnight, window.end, key=_utc)
    pieces = _pieces(query, window.start.astimezone(window.zone), end, cursor)
    condition = " OR ".join(["(grain = %s AND bucket >= %s AND bucket < %s)"] * len(pieces))
    params = tuple(value for grain, start, stop in pieces for value in (int(grain), start, stop))
    return Cover(f"({condition})" if len(pieces) > 1 else condition, params, cut)


def _pieces(query: Query, start: datetime, end: datetime, cursor: Any) -> list[Piece]:
    """Stretches of the days [start, end), each with the longest buckets that are there."""
    zone = query.window.zone
    months = _periods(start.date(), end.date(), _next_month, start.date().replace(day=1))
    weeks = _periods(start.date(), end.date(), _next_week, start.date() - timedelta(days=start.weekday()))
    folded = _folded(query, {
        *((int(StoreGrain.MONTH), midnight(day, zone)) for day in months),
        *((int(StoreGrain.WEEK), midnight(day, zone)) for day in weeks),
    }, cursor)
    pieces: list[Piece] = []
    for grain, first, last in _split((StoreGrain.DAY, start, end), StoreGrain.MONTH, months, _next_month, folded):
        if grain is StoreGrain.MONTH:
            pieces.append((grain, first, last))
        else:
            inside = [day for day in weeks if first.date() <= day and _next_week(day) <= last.date()]
            pieces += _split((grain, first, last), StoreGrain.WEEK, inside, _next_week, folded)
    return pieces or [(StoreGrain.DAY, start, end)]


def _split(
    piece: Piece, grain: StoreGrain, periods: list[date], following: Callable[[date], date], folded: Folded
) -> list[Piece]:
    """A stretch of days as days, the longest run of folded periods, and days again; what is empty is left out."""
    days, start, end = piece
    zone = start.tzinfo
    runs: list[list[date]] = [[]]
    for period in periods:
        if (int(grain), _utc(midnight(period, zone))) in folded:  # type: ignore[arg-type]
            runs[-1].append(period)
        elif runs[-1]:
            runs.append([])
    run = max(runs, key=len)
    if not run:
        return [piece] if _utc(start) < _utc(end) else []
    first, last = midnight(run[0], zone), midnight(following(run[-1]), zone)  # type: ignore[arg-type]
    parts = [(days, start, first), (grain, first, last), (days, last, end)]
    return [part for part in parts if _utc(part[1]) < _utc(part[2])]


def part_of_last_hour(window: Window) -> tuple[datetime, Decimal]:
    """Where the hour begins that the window's end falls into, and how much of it lies inside."""
    start = floor_hour(window.end, window.zone)
    seconds = (window.end.astimezone(UTC) - start) // timedelta(seconds=1)
    return start, Decimal(seconds) / 3600


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _next_month(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)


def _next_week(first: date) -> date:
    return first + timedelta(days=7)


def _periods(start: date, end: date, following: Callable[[date], date], first: date) -> list[date]:
    """The days on which periods begin that lie wholly in [start, end)."""
    found = []
    while (after := following(first)) <= end:
        if first >= start:
            found.append(first)
        first = after
    return found


def _folded(query: Query, periods: set[tuple[int, datetime]], cursor: Any) -> Folded:
    """Which of these periods are folded for every site asked for."""
    if not periods:
        return set()
    cursor.execute(
        "SELECT p.grain, p.start, count(*) FROM analytics_foldedperiod p"
        " JOIN unnest(%s::smallint[], %s::timestamptz[]) AS w(grain, start) ON w.grain = p.grain AND w.start = p.start"
        " WHERE organization_id = ANY(%s) AND (%s OR site_id = ANY(%s)) GROUP BY p.grain, p.start",
        [[grain for grain, _ in periods], [start for _, start in periods], list(query.organization_ids),
         not query.subjects, list(query.subjects)],
    )
    counts = {(grain, _utc(start)): number for grain, start, number in cursor.fetchall()}
    if not counts:
        return set()
    cursor.execute(
        "SELECT (SELECT min(bucket) FROM analytics_rollup r WHERE r.site_id = s.id AND r.dim = 0 AND r.grain = %s)"
        " FROM analytics_site s WHERE organization_id = ANY(%s) AND (%s OR id = ANY(%s))",
        [int(StoreGrain.DAY), list(query.organization_ids), not query.subjects, list(query.subjects)],
    )
    begun = [first for (first,) in cursor.fetchall() if first is not None]
    # A site whose first figures came later has nothing to be folded then, and holds nobody back.
    return {
        (grain, start) for (grain, start), number in counts.items()
        if number >= sum(first < start + timedelta(days=_SHORTEST[grain]) for first in begun)
    }
