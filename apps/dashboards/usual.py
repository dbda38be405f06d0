"""What a usual day looks like: the median of the same weekday over the last weeks, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.core.cache import cache

from apps.metrics import read
from apps.metrics.contracts import Grain, Number
from apps.metrics.frame import Frame
from apps.metrics.ranges import Range

WEEKS = 8
ENOUGH_DAYS = 3  # so many of them must have had something, else nothing can be called usual
_KEEP_SECONDS = 1800


@dataclass(frozen=True)
class Usual:
    """The same weekday of past weeks, each hour by hour; days before the first figure are left out."""

    days: tuple[tuple[float, ...], ...]

    @property
    def is_known(self) -> bool:
        """Whether there have been enough days to speak of a usual one."""
        return sum(1 for day in self.days if any(day)) >= ENOUGH_DAYS

    def hours(self) -> list[float]:
        """The median of each hour."""
        return [median(hour) for hour in zip(*self.days, strict=True)] if self.days else []

    def so_far(self, hours: float) -> list[float]:
        """What each day had by this time: whole hours, and its part of the one that runs."""
        whole, part = int(hours), hours - int(hours)
        return [sum(day[:whole]) + (day[whole] * part if whole < len(day) else 0) for day in self.days]


def usual_days(keys: Sequence[str], frame: Frame) -> dict[str, Usual]:
    """By metric: past days like today. The past hardly changes, so it is kept for half an hour."""
    today = frame.period.today
    mark = f"{frame.viewer.user.pk if frame.viewer.limited('metrics.view') else ''}:{frame.subjects}"
    name = f"usual:{frame.organization_ids}:{today}:{','.join(keys)}:{mark}".replace(" ", "")
    found = cache.get(name)
    if found is None:
        found = _past(keys, frame)
        cache.set(name, found, _KEEP_SECONDS)
    return found


def _past(keys: Sequence[str], frame: Frame) -> dict[str, Usual]:
    period = frame.period
    past = Range(
        "custom", period.today - timedelta(weeks=WEEKS), period.today - timedelta(days=1), period.zone, period.now,
        "none", Grain.HOUR,
    )
    series = read.page(keys, frame.over(past)).series
    weekday = period.today.weekday()
    found = {}
    for key in keys:
        line = series[key]
        days: dict[str, list[float]] = {}
        for moment, value in zip(line.times, line.values, strict=True):
            if moment.weekday() == weekday:
                days.setdefault(moment.date().isoformat(), [0.0] * 24)[moment.hour] += _number(value)
        found[key] = Usual(tuple(tuple(day) for day in _since_first(list(days.values()))))
    return found


def _since_first(days: list[list[float]]) -> list[list[float]]:
    first = next((index for index, day in enumerate(days) if any(day)), len(days))
    return days[first:]


def _number(value: Number | None) -> float:
    return 0.0 if value is None else float(value)
