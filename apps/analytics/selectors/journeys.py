"""How visits go on: funnels, retention and paths.

Everything here is of the visits that began in the query's window and meet its filters, like every filtered figure.
`query.measures` is not looked at. Raises WrongTenant outside the scope and QueryTooSlow like every filtered question.

Without cookies a visitor is known for one day only, so a count over days would call one person several. That is why
every answer says what it is unique over (`Base`) and what share of the visits can be recognised at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.spans import Plan, plan
from apps.analytics.contracts.rules import Match, Rule, RuleKind
from apps.analytics.selectors import column_journeys, column_paths, column_retention
from apps.analytics.selectors import journey_sql as sql
from apps.analytics.selectors.asking import asked
from apps.analytics.selectors.walk_sql import REST
from apps.metrics.contracts import Grain, Query

__all__ = [
    "REST", "Base", "Cohort", "Direction", "Funnel", "Link", "Match", "Node", "Paths", "Retention", "Rule", "RuleKind",
    "Step", "funnel", "paths", "retention",
]

T = TypeVar("T")
SECONDS = 5
MOST_STEPS = 12
DEEPEST = 20


class Base(StrEnum):
    """What is counted once. A visit ends after thirty minutes of silence; everybody's visits count. `RECOGNISED` are
    visitors who agreed to a cookie or are known to the site by a user id: only they are the same over days."""

    VISITS = "visits"
    RECOGNISED = "recognised"


class Direction(StrEnum):
    """Whether paths are followed on from the start, or back from it."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Step:
    """How many came as far as one step. Shares are of 1; `median_seconds` is the time since the step before was
    reached, None for the first step and where nobody came."""

    visitors: int
    share_of_first: float
    share_of_previous: float
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """The steps, over what they are unique, and which share of the visits that base covers (1.0 for visits)."""

    base: Base
    steps: tuple[Step, ...]
    recognised_share: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """Recognised visitors whose first visit in the window fell into the period that begins at `start`; `returned[n]`
    of them came in the n-th period after it. `returned[0]` is `size`; periods after the window are left out."""

    start: datetime
    size: int
    returned: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """The cohorts, oldest first, and the share of the window's visits whose visitor can be recognised."""

    grain: Grain
    cohorts: tuple[Cohort, ...]
    recognised_share: float


@dataclass(frozen=True, slots=True)
class Node:
    """A page so many steps away from the start (0 is the start): the visits that were there, and how many of them
    went no further that way. The page REST holds all that are not shown singly."""

    depth: int
    page: str
    visits: int
    ended: int


@dataclass(frozen=True, slots=True)
class Link:
    """Visits that went from a page at `depth` to a page one step further away."""

    depth: int
    source: str
    target: str
    visits: int


@dataclass(frozen=True, slots=True)
class Paths:
    """Nodes by depth, the busiest first (REST last), and the links between them. Pages that were merely loaded again
    count once."""

    direction: Direction
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def funnel(
    query: Query, steps: Sequence[Rule], window: timedelta, *, ordered: bool = True, base: Base = Base.VISITS
) -> Funnel:
    """How many did the first step, then the second, and so on, all within `window` of the first. Who can begin again
    does: the attempt that came furthest counts. `ordered=False`: the steps in any order, within `window`."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"a funnel has one to {MOST_STEPS} steps")
    of_persons = base == Base.RECOGNISED

    def of_copies(found: Plan, query: Query, cursor: Any) -> tuple[sql.Found, float]:
        rows = column_journeys.funnel(found, query, steps, window, ordered, of_persons, cursor)
        return rows, column_retention.share(found, query, cursor) if of_persons else 1.0

    rows, share = _asked(
        query, of_copies, lambda query, cursor: sql.funnel(query, steps, window, ordered, of_persons, cursor)
    )
    return Funnel(base, tuple(_steps(rows)), share)


def retention(query: Query, grain: Grain) -> Retention:
    """Of the visitors who can be recognised, how many came back in later days, weeks or months of the window. A cohort
    is of those whose first visit *in the window* fell into its period."""
    if grain not in {Grain.DAY, Grain.WEEK, Grain.MONTH}:
        raise ValueError("visitors return in days, weeks or months")
    found, share = _asked(
        query, lambda found, query, cursor: column_retention.retention(found, query, grain, cursor),
        lambda query, cursor: sql.retention(query, grain, cursor),
    )
    starts = sql.periods(query.window, grain)
    cohorts = tuple(
        Cohort(start, found[index, index], tuple(found.get((index, later), 0) for later in range(index, len(starts))))
        for index, start in enumerate(starts) if (index, index) in found
    )
    return Retention(grain, cohorts, share)


def paths(query: Query, start: Rule | None, direction: Direction, depth: int, most: int) -> Paths:
    """The pages seen after (or before) the start, up to `depth` steps, the `most` busiest of each step singly. Without
    a start, forward paths begin with the first page of a visit and backward paths with the last."""
    depth, most = max(1, min(depth, DEEPEST)), max(1, most)
    said = (start, direction == Direction.BACKWARD, depth, most)
    rows = _asked(
        query, lambda found, query, cursor: column_paths.paths(found, query, *said, cursor),
        lambda query, cursor: sql.paths(query, *said, cursor),
    )
    nodes: dict[tuple[int, str], list[int]] = {}
    links = []
    for level, page, following, visits in rows:
        node = nodes.setdefault((level, page), [0, 0])
        node[0] += visits
        if following is None:
            node[1] += visits
        else:
            links.append(Link(level, page, following, visits))
    return Paths(
        direction,
        tuple(
            Node(level, page, *counts)
            for (level, page), counts in sorted(
                nodes.items(), key=lambda item: (item[0][0], item[0][1] == REST, -item[1][0], item[0][1])
            )
        ),
        tuple(sorted(links, key=lambda link: (link.depth, -link.visits, link.source, link.target))),
    )


def _asked(
    query: Query, of_copies: Callable[[Plan, Query, Any], T], of_rows: Callable[[Query, Any], T]
) -> T:
    """From the copies where they hold enough of it, else from PostgreSQL's rows."""
    def ask(query: Query, cursor: Any) -> T:
        if (found := plan(query, cursor)) is not None:
            with suppress(CopiesGone):
                return of_copies(found, query, cursor)
        return of_rows(query, cursor)

    return asked(query, ask, SECONDS)


def _steps(rows: Sequence[tuple[int, float | None]]) -> list[Step]:
    first, previous = rows[0][0], rows[0][0]
    found = []
    for index, (visitors, seconds) in enumerate(rows):
        found.append(Step(
            visitors, visitors / first if first else 0.0, visitors / previous if previous else 0.0,
            seconds if index else None,
        ))
        previous = visitors
    return found
