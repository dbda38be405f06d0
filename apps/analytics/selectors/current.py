"""How a site's traffic is right now, and how it usually is at this hour: what warnings are held against.

Everything is read through `metrics.read`, so that a warning and the page it leads to cannot disagree. An hour has the
visitors who were first seen that day in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.analytics.models import Site
from apps.analytics.selectors.gaps import WEEKS, usual_at
from apps.metrics import ranges, read
from apps.metrics.contracts import Grain, Window
from apps.metrics.frame import SYSTEM, Frame
from apps.metrics.ranges import Range

VISITORS = "analytics.visitors"
HOURS = 12
TOP = 3
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Current:
    """Visitors here now, in the hour that runs, and in it with the twelve before."""

    active: int
    hour: int
    half_day: int


def current(site: Site, now: datetime) -> Current:
    """One look at a site."""
    start = hour_of(now)
    series = read.series(VISITORS, _frame(site, start - HOURS * _HOUR, start + _HOUR, now))
    counts = [int(value or 0) for value in series.values]
    active = read.value("analytics.active_visitors", _days(site, now, "today")).value
    return Current(int(active or 0), counts[-1] if counts else 0, sum(counts))


def usual_visitors(site: Site, now: datetime) -> int:
    """The median of this hour on the same weekday of the last four weeks, by the clock on the wall; 0 while too few
    of them are known."""
    zone, hour = site.organization.tz, hour_of(now)
    seen = []
    for weeks in range(1, WEEKS + 1):
        start = same_hour(hour, weeks, zone)
        if site.detected_at and start >= site.detected_at:
            series = read.series(VISITORS, _frame(site, start, start + _HOUR, now))
            seen.append((start, sum(int(value or 0) for value in series.values)))
    return usual_at(seen, hour)


def first_of(site: Site, by: str, now: datetime, period: str) -> list[list[str | int]]:
    """Where most visitors come from or what they look at, with their number, over a period such as `today`. By source
    and page nothing shorter than days is kept."""
    found = read.breakdown([VISITORS], _days(site, now, period), by=by, limit=TOP)
    return [[line.value, int(line.values[VISITORS] or 0)] for line in found.lines]


def hour_of(now: datetime) -> datetime:
    """The instant at which the hour that runs began, as the rollups keep it."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def same_hour(hour: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """The same hour by the clock on the wall some weeks earlier, whatever the clocks have done in between."""
    local = hour.astimezone(zone)
    return (local.replace(fold=0) - timedelta(weeks=weeks)).astimezone(UTC)


def _days(site: Site, now: datetime, key: str) -> Frame:
    period = ranges.parse({"range": key, "compare": "none"}, site.organization.tz, now=now)
    return _framed(site, period)


def _frame(site: Site, start: datetime, end: datetime, now: datetime) -> Frame:
    zone = site.organization.tz
    window = Window(start.astimezone(zone), end.astimezone(zone), zone, Grain.HOUR)
    period = Range(
        "custom", window.start.date(), window.end.date(), zone, now, "none", Grain.HOUR, exact=window,
    )
    return _framed(site, period)


def _framed(site: Site, period: Range) -> Frame:
    return Frame(period, (site.organization_id,), site.organization.currency, SYSTEM, (site.id,))
