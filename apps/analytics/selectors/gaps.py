"""Hours in which nothing came although much should have: a site that was down, a snippet that got lost.

An hour is held against the same hour of the same weekday in the four weeks before, by the clock on the wall. What is
usual is their median, so that one holiday or one campaign does not move it. An hour is a gap when no visit began and
ten or more usually do: by chance alone that happens once in twenty thousand hours. Visits are counted because they come
one by one; events come in bundles, and a quiet hour of the night has none without anything being wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from apps.metrics.calendar_math import midnight

WEEKS = 4
LEAST_WEEKS = 3
LEAST_VISITS = 10
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of empty hours [start, end), and how many visits usually begin in it."""

    start: datetime
    end: datetime
    expected: int

    @property
    def hours(self) -> int:
        """How long it was."""
        return (self.end.astimezone(UTC) - self.start.astimezone(UTC)) // _HOUR


@dataclass(frozen=True, slots=True)
class Found:
    """The gaps of a period, and of how many hours something could be said."""

    gaps: tuple[Gap, ...]
    judged: int

    @property
    def hours(self) -> int:
        """Empty hours, all together."""
        return sum(gap.hours for gap in self.gaps)


def hours_of(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which the hours of a local day begin, as the rollups keep them: 23 or 25 where the clocks
    change."""
    start, end = midnight(day, zone).astimezone(UTC), midnight(day + timedelta(days=1), zone).astimezone(UTC)
    while start < end:
        yield start
        start += _HOUR


def gaps_in(
    counts: Mapping[datetime, int], first: date, until: datetime, zone: ZoneInfo, began: datetime | None
) -> Found:
    """The gaps from the day `first` to the instant `until`, in hours that are over. `counts` are visits by the instant
    an hour begins (UTC), from four weeks earlier on; hours without any may be left out. `began` is when the site sent
    its first event: before that an empty hour says nothing."""
    usual: dict[tuple[int, int], list[tuple[datetime, int]]] = defaultdict(list)
    gaps: list[Gap] = []
    judged = 0
    day = first - timedelta(weeks=WEEKS)
    while midnight(day, zone).astimezone(UTC) < until:
        for hour in hours_of(day, zone):
            if hour + _HOUR > until or began is None or hour < began:
                continue
            local, count = hour.astimezone(zone), counts.get(hour, 0)
            seen = usual[(local.weekday(), local.hour)]
            if day >= first:
                expected = usual_at(seen, hour)
                judged += expected >= LEAST_VISITS
                if count == 0 and expected >= LEAST_VISITS:
                    _extend(gaps, hour, expected, zone)
            seen.append((hour, count))
        day += timedelta(days=1)
    return Found(tuple(gaps), judged)


def usual_at(seen: Sequence[tuple[datetime, int]], hour: datetime) -> int:
    """The median of the same hour in the last weeks; 0 while too few of them are known. The reach has an hour to spare
    because the clocks may have changed in between."""
    known = [count for at, count in seen if hour - at <= timedelta(weeks=WEEKS) + _HOUR]
    weeks = {round((hour - at) / timedelta(weeks=1)) for at, _count in seen if hour - at > timedelta(days=1)}
    return int(median(known)) if len(known) >= LEAST_WEEKS and len(weeks) >= LEAST_WEEKS else 0


def _extend(gaps: list[Gap], hour: datetime, expected: int, zone: ZoneInfo) -> None:
    start = hour.astimezone(zone)
    if gaps and gaps[-1].end.astimezone(UTC) == hour:
        last = gaps.pop()
        start, expected = last.start, last.expected + expected
    gaps.append(Gap(start, (hour + _HOUR).astimezone(zone), expected))
