"""Days and hours of a time zone, for instants in milliseconds: found by comparing two numbers, not by arithmetic on
calendars, because the pipeline asks for every event."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Day:
    """A local day [start, end), which may have 23 or 25 hours. `month` and `week` are the instants these begin."""

    start: int
    end: int
    ordinal: int
    month: int
    week: int

    def hour_of(self, at: int) -> int:
        """The instant at which the hour holding `at` begins; hours count from the local midnight."""
        return self.start + (at - self.start) // HOUR_MS * HOUR_MS


@dataclass(slots=True)
class ZoneClock:
    """The days of one zone, kept once looked up."""

    zone: ZoneInfo
    _last: Day = Day(0, 0, 0, 0, 0)
    _days: dict[int, Day] = field(default_factory=dict)

    def day_of(self, at: int) -> Day:
        """The local day that holds an instant."""
        last = self._last
        if last.start <= at < last.end:
            return last
        local = datetime.fromtimestamp(at / 1000, self.zone).date()
        found = self._days.get(local.toordinal())
        if found is None:
            found = self._days[local.toordinal()] = self._made(local)
        self._last = found
        return found

    def _made(self, local: date) -> Day:
        month = self._midnight(local.replace(day=1))
        week = self._midnight(local - timedelta(days=local.weekday()))
        return Day(self._midnight(local), self._midnight(local + timedelta(days=1)), local.toordinal(), month, week)

    def _midnight(self, local: date) -> int:
        return int(datetime(local.year, local.month, local.day, tzinfo=self.zone).timestamp() * 1000)


@lru_cache(maxsize=500)
def clock_of(zone: str) -> ZoneClock:
    """The clock of a zone by name; an unknown name counts as UTC."""
    try:
        return ZoneClock(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return ZoneClock(ZoneInfo("UTC"))


def at_ms(moment: datetime) -> int:
    """An aware instant in milliseconds."""
    return int(moment.timestamp() * 1000)


def moment_of(ms: int) -> datetime:
    """Milliseconds as an aware instant."""
    return datetime.fromtimestamp(ms / 1000, UTC)
