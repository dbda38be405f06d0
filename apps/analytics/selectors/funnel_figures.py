"""A stored funnel over a period: its steps, what they were before, and the same by a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic

from apps.analytics.contracts.journeys import StepSpec
from apps.analytics.enums import FunnelWindow
from apps.analytics.selectors.journeys import Base, Funnel, funnel
from apps.metrics.contracts import Filter, Operator, Query, QueryTooSlow, Window

# How long, and over what: within a visit everybody counts, beyond it only those who can be recognised.
WINDOWS = {
    FunnelWindow.VISIT: (timedelta(days=2), Base.VISITS), FunnelWindow.HOUR: (timedelta(hours=1), Base.VISITS),
    FunnelWindow.DAY: (timedelta(days=1), Base.RECOGNISED), FunnelWindow.WEEK: (timedelta(days=7), Base.RECOGNISED),
    FunnelWindow.MONTH: (timedelta(days=30), Base.RECOGNISED),
}
ALL_SECONDS = 8.0
BY = ("channel", "device", "country", "source", "browser", "campaign")


@dataclass(frozen=True, slots=True)
class Compared:
    """A funnel now and, if it is compared, before."""

    now: Funnel
    before: Funnel | None


def funnel_over(query: Query, steps: Sequence[StepSpec], window: str) -> Funnel:
    """The steps over the query's window and filters. Raises QueryTooSlow."""
    length, base = WINDOWS[FunnelWindow(window)]
    return funnel(query, [step.rule() for step in steps], length, base=base)


def funnel_compared(query: Query, before: Window | None, steps: Sequence[StepSpec], window: str) -> Compared:
    """Now and in the period it is compared with."""
    earlier = funnel_over(query.over(before), steps, window) if before else None
    return Compared(funnel_over(query, steps, window), earlier)


def funnel_by(
    query: Query, steps: Sequence[StepSpec], window: str, by: str, values: Sequence[str]
) -> list[tuple[str, Funnel]]:
    """The funnel of visits with each value of a dimension. Raises QueryTooSlow when all together take too long."""
    found, end = [], monotonic() + ALL_SECONDS
    for value in values:
        if monotonic() > end:
            raise QueryTooSlow("so many values over so much data")
        narrowed = replace(query, filters=(*query.filters, Filter(by, Operator.IS, (value,))))
        found.append((value, funnel_over(narrowed, steps, window)))
    return found
