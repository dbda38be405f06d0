"""The stored measures of traffic, by the names metrics ask for them.

`visitors` … `revenue` are columns of the rollups (`engaged_s` is kept in milliseconds).
`session_length_7`, `vital_lcp_3` count what fell into a bucket of
a histogram (`apps.analytics.histograms`). `active` and `events_now` are of this moment, whatever the window.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.analytics.enums import Dimension
from apps.analytics.histograms import HISTOGRAMS
from apps.metrics.contracts import Number

COLUMNS = (
    "visitors", "sessions", "pageviews", "events", "bounces", "engaged_s", "duration_s", "conversions", "orders",
    "revenue",
)
WEEK_HOUR = "week_hour"  # a breakdown by weekday and hour of the clock: "1-09" is Monday from nine
ACTIVE, EVENTS_NOW = "active", "events_now"
ACTIVE_MINUTES = 5


def histogram(dimension: Dimension) -> tuple[str, ...]:
    """The measures of a histogram, one a bucket, in the order of its edges."""
    return tuple(f"{dimension.key}_{index}" for index in range(len(HISTOGRAMS[dimension]) - 1))


_OF_HISTOGRAMS = {
    name: (dimension, index) for dimension in HISTOGRAMS for index, name in enumerate(histogram(dimension))
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The measures of one question, by how they are found."""

    columns: tuple[str, ...]
    histograms: tuple[Dimension, ...]
    now: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Asked:
        """Sort names out; raises KeyError for one that is not stored."""
        columns, histograms, now = [], {}, []
        for name in names:
            if name in COLUMNS:
                columns.append(name)
            elif name in {ACTIVE, EVENTS_NOW}:
                now.append(name)
            else:
                histograms[_OF_HISTOGRAMS[name][0]] = None
        return cls(tuple(columns), tuple(histograms), tuple(now))


def counted_in(dimension: Dimension) -> str:
    """The column that a histogram's buckets are counted in."""
    return "sessions" if dimension is Dimension.SESSION_LENGTH else "events"


def plain(column: str, value: object) -> Number:
    """A sum as metrics take it: money as Decimal, counts as int."""
    if column == "revenue":
        return Decimal(str(value or 0))
    return int(value or 0)  # type: ignore[call-overload]
