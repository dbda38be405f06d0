"""Paths from the copies in columns, which know the order of a visit's pages. A visit lies wholly in a copy or in none,
so its walk is one more wherever it comes from; which pages are the busiest is told after adding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from apps.analytics.columns.spans import Plan
from apps.analytics.contracts.rules import Rule, RuleKind
from apps.analytics.selectors.column_journeys import SECONDS
from apps.analytics.selectors.column_sql import Tables, of_gaps
from apps.analytics.selectors.journey_sql import walks_of
from apps.analytics.selectors.rule_sql import matched
from apps.analytics.selectors.walk_sql import ranked, walked
from apps.metrics.contracts import Query

Walks = tuple[str, list[Any]]


def paths(
    plan: Plan, query: Query, start: Rule | None, backward: bool, depth: int, most: int, cursor: Any
) -> Sequence[tuple[int, str, str | None, int]]:
    """As `journey_sql.paths`."""
    tables, rest = Tables(query, plan), []
    for gap in of_gaps(query, plan):
        cursor.execute(*walks_of(gap, start, backward, depth))
        rest += [[str(level), page, later, str(n)] for level, page, later, n in cursor.fetchall()]
    if start is None:
        walks, params = _whole(tables, backward, depth)
    elif start.kind == RuleKind.EVENT:
        walks, params = _from_events(tables, start, backward, depth)
    else:
        walks, params = _from_pages(tables, start, backward, depth)
    both = (
        f"({walks} UNION ALL SELECT r[1]::INTEGER AS depth, r[2] AS page, r[3] AS following, r[4]::BIGINT AS n"
        f" FROM {tables.words.given()})"
    )
    sql = f"WITH {ranked(both, most)}"
    with plan.store.reading(SECONDS, plan.copies) as copies:
        copies.execute(sql, [*params, orjson.dumps(rest).decode()] * 2)
        return copies.fetchall()


def _whole(tables: Tables, backward: bool, depth: int) -> Walks:
    """From the first page of each visit, or back from its last."""
    events, params = tables.events_chosen()
    far, later = ("e.steps_left", "e.page_before") if backward else ("e.step - 1", "e.page_after")
    return f"{_walk(far, later, depth)} FROM {events} AND e.turn AND {far} <= {depth}", params


def _from_pages(tables: Tables, start: Rule, backward: bool, depth: int) -> Walks:
    """From the first page that is a start, or back from the last."""
    begins, params = matched(start, tables.words)
    events, more = tables.events_chosen(with_visits=start.kind == RuleKind.ENTRY)
    far, which, later = (
        ("b.step - e.step", "max", "e.page_before") if backward else ("e.step - b.step", "min", "e.page_after")
    )
    first = f"SELECT e.visit, {which}(e.step) AS step FROM {events} AND e.step > 0 AND {begins} GROUP BY e.visit"
    return (
        f"{_walk(far, later, depth)} FROM {tables.events} JOIN ({first}) b ON b.visit = e.visit"
        f" WHERE e.turn AND {far} >= 0 AND {far} <= {depth}", [*more, *params],
    )


def _walk(far: str, later: str, depth: int) -> str:
    then = f"CASE WHEN {far} < {depth} THEN {later} END"
    return f"SELECT {far} AS depth, e.path AS page, {then} AS following, 1::BIGINT AS n"


def _from_events(tables: Tables, start: Rule, backward: bool, depth: int) -> Walks:
    """From the first event that is a start, or back from the last: such events stand between the pages, so only the
    visits that have one are gone through."""
    begins, params = matched(start, tables.words)
    events, more = tables.events_chosen()
    pages = (
        f"SELECT e.visit, e.time AS ts, e.id, {begins} AS begins,"
        f" CASE WHEN {begins} THEN e.name ELSE e.path END AS page FROM {events} AND (e.step > 0 OR {begins})"
        f" AND e.visit IN (SELECT e.visit FROM {tables.events} WHERE {begins})"
    )
    return walked(pages, backward, depth, started=True), [*params, *params, *more, *params, *params]
