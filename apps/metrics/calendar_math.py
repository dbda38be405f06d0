"""Days, months and buckets in a zone whose clocks may change. Instants are compared and subtracted in UTC only."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.metrics.contracts import Grain, Window

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day: of the skip where midnight is skipped, the first where it comes twice."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def day_window(start: date, end: date, zone: ZoneInfo, grain: Grain) -> Window:
    """The days from `start` to `end`, both included: 23 or 25 hours where the clocks change."""
    return Window(midnight(start, zone), midnight(end + _DAY, zone), zone, grain)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of a shorter month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def year_before(day: date) -> date:
    """The same date a year earlier; 28 February for the 29th."""
    return months_before(day, 12)


def preset_days(key: str, today: date) -> tuple[date, date]:
    """First and last day of a named period."""
    if key == "yesterday":
        return today - _DAY, today - _DAY
    if key.endswith("d"):
        return today - timedelta(days=int(key[:-1]) - 1), today
    first = {
        "today": today,
        "month": today.replace(day=1),
        "quarter": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
        "year": today.replace(month=1, day=1),
        "12m": months_before(today.replace(day=1), 11),
    }[key]
    return first, today


def bucket_starts(window: Window) -> tuple[datetime, ...]:
    """Where each bucket of a window starts, in its zone. The first starts with the window, be it whole or not."""
    end = window.end.astimezone(UTC)
    found = [window.start.astimezone(UTC)]
    for edge in _edges_after(window):
        if edge >= end:
            break
        found.append(edge)
    return tuple(edge.astimezone(window.zone) for edge in found)


def bucket_index(starts_utc: Sequence[datetime], instant: datetime) -> int:
    """Which bucket an instant falls into, given the buckets' starts in UTC; before the first counts as the first."""
    return max(bisect_right(starts_utc, instant.astimezone(UTC)) - 1, 0)


def floor_hour(instant: datetime, zone: ZoneInfo) -> datetime:
    """The start, in UTC, of the hour on this zone's clock: at half past in zones of half hours."""
    local = instant.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return instant.astimezone(UTC) - past


def _edges_after(window: Window) -> Iterator[datetime]:
    """Grain edges later than the window's start, in UTC, without end."""
    if window.grain is Grain.MINUTE:
        edge = window.start.astimezone(UTC)
        while True:
            edge += timedelta(minutes=1)
            yield edge
    if window.grain is Grain.HOUR:
        yield from _hours_after(window.start, window.zone)
    day = window.start.astimezone(window.zone).date()
    while True:
        day = _next_day(day, window.grain)
        yield midnight(day, window.zone).astimezone(UTC)


def _hours_after(start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    edge = floor_hour(start, zone)
    while True:
        edge += _HOUR
        # Where clocks change by half an hour, the next full hour on the clock is not sixty minutes away.
        off = edge.astimezone(zone).minute
        if off:
            edge += timedelta(minutes=60 - off)
        yield edge


def _next_day(day: date, grain: Grain) -> date:
    if grain is Grain.WEEK:
        return day + timedelta(days=7 - day.weekday())
    if grain is Grain.MONTH:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + _DAY
