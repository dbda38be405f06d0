"""Funnels from the copies in columns. What no copy holds comes from PostgreSQL as the few events that are a step, so
that a chain of steps is followed over both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson

from apps.analytics.columns.spans import Plan
from apps.analytics.contracts.rules import Rule
from apps.analytics.selectors.column_sql import Tables, of_gaps
from apps.analytics.selectors.funnel_sql import Found, followed, followed_by_place
from apps.analytics.selectors.journey_sql import PERSON, moments_of
from apps.analytics.selectors.rule_sql import matched
from apps.metrics.contracts import Query

SECONDS = 5.0
# A moment and the number of its event as one number that tells the order.
_PLACE = "{ms}::{wide} * 18446744073709551616 + {id}"


def funnel(
    plan: Plan, query: Query, steps: Sequence[Rule], window: timedelta, ordered: bool, of_persons: bool, cursor: Any
) -> Found:
    """As `journey_sql.funnel`, without the share."""
    tables = Tables(query, plan)
    moments, params = (_of_persons if of_persons else _of_visits)(tables, steps, cursor)
    with plan.store.reading(SECONDS, plan.copies) as copies:
        if ordered and tables.words.place:
            return followed_by_place(moments, params, len(steps), window, copies)
        return followed(moments, params, len(steps), window, ordered, copies, tables.words.middle)


def _of_visits(tables: Tables, steps: Sequence[Rule], cursor: Any) -> tuple[str, list[Any]]:
    """Moments of visits. Those that lie in no copy are numbered anew, apart from the copies' numbers, and their moments
    as they follow each other."""
    numbers: dict[int, int] = {}
    rest = [
        [str(numbers.setdefault(visit, len(numbers))), str(ms), str(place), *map(str, flags)]
        for place, (visit, ms, _, *flags) in enumerate(_of_gaps(tables, steps, False, cursor))
    ]
    sql, params = _of_copies(tables, steps, "-e.visit", tables.words.place or "e.id", "true")
    return _joined(tables, sql, "r[1]::BIGINT, r[2]::BIGINT, r[3]::BIGINT", len(steps)), [*params, _json(rest)]


def _of_persons(tables: Tables, steps: Sequence[Rule], cursor: Any) -> tuple[str, list[Any]]:
    """Moments of recognised visitors, whose visits may lie in several copies and in none."""
    words = tables.words
    rest = [list(map(str, row)) for row in _of_gaps(tables, steps, True, cursor)]
    place = _PLACE if words.place else "{id}"
    of_event = place.format(ms=words.millis("e.time"), wide=words.wide, id="e.id")
    given = place.format(ms="r[2]::BIGINT", wide=words.wide, id="r[3]::BIGINT")
    who, known = PERSON.format(consented="e.consented"), "(s.uid <> '' OR e.consented)"
    sql, params = _of_copies(tables, steps, words.mark(who), of_event, known)
    return (
        _joined(tables, sql, f"{words.mark('r[1]')}, r[2]::BIGINT, {given}", len(steps)), [*params, _json(rest)]
    )


def _of_copies(tables: Tables, steps: Sequence[Rule], who: str, place: str, only: str) -> tuple[str, list[Any]]:
    flags, params = [], []
    for index, rule in enumerate(steps):
        sql, values = matched(rule, tables.words)
        flags.append(f"{sql} AS m{index}")
        params += values
    where, more = tables.chosen()
    any_of = " OR ".join(f"m{index}" for index in range(len(steps)))
    return (
        f"SELECT * FROM (SELECT {who} AS who, {tables.words.millis('e.time')} AS ms, {place} AS id, {', '.join(flags)}"
        f" FROM {tables.events} JOIN {tables.visits} ON s.visit = e.visit WHERE {where} AND {only}) WHERE {any_of}",
        [*params, *more],
    )


def _joined(tables: Tables, moments: str, given: str, count: int) -> str:
    flags = ", ".join(f"r[{index + 4}]::BOOLEAN" for index in range(count))
    return f"{moments} UNION ALL SELECT {given}, {flags} FROM {tables.words.given()}"


def _of_gaps(tables: Tables, steps: Sequence[Rule], of_persons: bool, cursor: Any) -> list[tuple[Any, ...]]:
    """Moments of visits that lie in no copy, each visit's in their order."""
    found: list[tuple[Any, ...]] = []
    for gap in of_gaps(tables.query, tables.plan):
        cursor.execute(*moments_of(gap, steps, of_persons))
        found += sorted(cursor.fetchall())
    return found


def _json(rows: Any) -> str:
    return orjson.dumps(rows).decode()
