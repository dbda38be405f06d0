"""The months of the event table: made ahead, and on demand for what comes late or from long ago."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apps.analytics.pipeline.clock import at_ms, moment_of

_MAKE = "CREATE TABLE IF NOT EXISTS {name} PARTITION OF analytics_event FOR VALUES FROM ('{start}') TO ('{end}')"


class Partitions:
    """Knows which months are there."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._there: set[tuple[int, int]] = set()
        self._covered = (0, 0)

    def ensure(self, first: int, last: int) -> None:
        """Have a partition for every instant from first to last (milliseconds)."""
        if self._covered[0] <= first and last < self._covered[1]:
            return
        month = moment_of(first).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        start = at_ms(month)
        while at_ms(month) <= last:
            following = next_month(month)
            self._make(month, following)
            month = following
        self._covered = (start, at_ms(month))

    def ahead(self) -> None:
        """Have this month's and next month's."""
        now = datetime.now(UTC)
        self.ensure(at_ms(now), at_ms(next_month(now)))
        self._covered = (0, 0)

    def reset(self) -> None:
        """Look again: what was made in a transaction that rolled back is not there."""
        self._there.clear()
        self._covered = (0, 0)

    def _make(self, month: datetime, following: datetime) -> None:
        key = (month.year, month.month)
        if key in self._there:
            return
        name = f"analytics_event_y{month.year}m{month.month:02d}"
        if self._connection.execute("SELECT to_regclass(%s)", [name]).fetchone()[0] is None:
            self._connection.execute(_MAKE.format(name=name, start=month.isoformat(), end=following.isoformat()))
        self._there.add(key)


def next_month(moment: datetime) -> datetime:
    """The first instant of the following month, in UTC."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
