"""Funnels from the copies in columns. What no copy holds comes from PostgreSQL as the few events that are a step, so
that a chain of steps is followed over both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from apps.analytics.columns.spans import Plan
from apps.analytics.contracts.rules import Rule
from apps.analytics.selectors.column_sql import Tables
from apps.analytics.selectors.funnel_sql import Found, followed, followed_by_place
from apps.analytics.selectors.journey_sql import moments_of
from apps.analytics.selectors.rule_sql import matched
from apps.metrics.contracts import Query

SECONDS = 5.0


def funnel(
    plan: Plan, query: Query, steps: Sequence[Rule], window: timedelta, ordered: bool, cursor: Any
) -> Found:
    """As `journey_sql.funnel`, of visits."""
    tables = Tables(query, plan)
    conditions, params = [], []
    for rule in steps:
        sql, values = matched(rule, tables.words)
        conditions.append(sql)
        params += values
    where, more = tables.chosen()
    flags = ", ".join(f"{sql} AS m{index}" for index, sql in enumerate(conditions))
    any_of = " OR ".join(f"m{index}" for index in range(len(steps)))
    rest = _of_gaps(plan, query, steps, cursor)
    kinds = ", ".join(f"r[{index + 4}]::BOOLEAN" for index in range(len(steps)))
    moments = (
        f"SELECT * FROM (SELECT -e.visit AS who, {tables.words.millis('e.time')} AS ms,"
        f" {tables.words.place or 'e.id'} AS id, {flags}"
        f" FROM {tables.events} JOIN {tables.visits} ON s.visit = e.visit WHERE {where}) WHERE {any_of}"
        f" UNION ALL SELECT r[1]::BIGINT, r[2]::BIGINT, r[3]::BIGINT, {kinds}"
        f" FROM {tables.words.given()}"
    )
    given = [*params, *more, orjson.dumps(rest).decode()]
    with plan.store.reading(SECONDS, plan.copies) as copies:
        if ordered and tables.words.place:
            return followed_by_place(moments, given, len(steps), window, copies)
        return followed(moments, given, len(steps), window, ordered, copies, tables.words.middle)


def _of_gaps(plan: Plan, query: Query, steps: Sequence[Rule], cursor: Any) -> list[list[str]]:
    """Moments of visits that lie in no copy. Visits are numbered anew, apart from the copies' numbers, and moments as
    they follow each other."""
    numbers: dict[int, int] = {}
    found = []
    for gap in plan.gaps:
        cursor.execute(*moments_of(replace(query, subjects=gap.sites, window=gap.window), steps, recognised=False))
        for visit, ms, _, *flags in sorted(cursor.fetchall()):
            found.append([str(numbers.setdefault(visit, len(numbers))), str(ms), str(len(found)), *map(str, flags)])
    return found
