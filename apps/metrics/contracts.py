"""The words numbers are spoken in: windows, filters, queries, answers. Plain Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

Number = int | float | Decimal
Measures = Mapping[str, Number]


class Grain(StrEnum):
    """The length of one bucket of a series, in the organization's zone."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Operator(StrEnum):
    """How a filter holds a dimension against its values."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time [start, end) of aware instants. They lie on edges of `grain` in `zone`, with one
    exception: what an open period is compared with ends at the minute that the open one has reached. A source that
    keeps nothing finer than hours answers that with the share of the last hour.

    Two aware datetimes of the same zone compare and subtract by the clock on the wall, which is wrong across a
    change of the clocks; turn them into UTC first."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    grain: Grain = Grain.DAY


# Dimensions that every source can be broken down by; the values are ids as text.
BY_ORGANIZATION = "organization"
BY_SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one dimension."""

    dimension: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a source: which stored measures, of which organizations and subjects (site ids, store ids;
    empty means all the organization's), over which window, under which filters (all must hold)."""

    measures: tuple[str, ...]
    window: Window
    organization_ids: tuple[int, ...]
    subjects: tuple[int, ...] = ()
    filters: tuple[Filter, ...] = ()

    def over(self, window: Window) -> Query:
        """The same question over another window."""
        return dataclasses.replace(self, window=window)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a breakdown: the dimension's stored value and its measures."""

    value: str
    measures: Measures


class QueryTooSlow(Exception):
    """A source gave up: these filters over this window would take longer than a page may wait."""


class Source(Protocol):
    """Where a family of stored measures lives. A source answers with plain sums of *stored* measures; ratios and
    comparisons are made above it, in `read`, so that they are made once. Amounts of money come as Decimal, in the
    organization's currency. Every source can be broken down by BY_ORGANIZATION and BY_SUBJECT.

    A source may also have `visible(user, membership) -> tuple[int, ...] | None`: the subjects a person whose right
    covers only assigned objects may see (None: all), and `fresh_until(query) -> datetime | None`: up to when its
    answers are complete (None: now). One whose answers are complete only after days says `late = True`."""

    key: str
    dimensions: tuple[str, ...]

    def totals(self, query: Query) -> Measures:
        """Each measure over the whole window; 0 where there is nothing."""

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by bucket start (aware, in the window's zone); buckets with nothing may be left out."""

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by one dimension, largest `order` measure first, ties by value."""

    def version(self, query: Query) -> str:
        """A cheap mark that changes when answers over this window may have changed; part of the cache key."""
