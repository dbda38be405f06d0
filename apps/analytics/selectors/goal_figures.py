"""How often goals were reached: from the rollups when nothing else is filtered, else from the visits.

`times` counts every time, `visits` and `visitors` each once a day. Under other filters every figure is of the visits
that began in the window and meet them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from apps.analytics.enums import Dimension, EventFlag, StoreGrain
from apps.analytics.models import Goal
from apps.analytics.reaching import GoalRule, condition
from apps.analytics.selectors import rollups, visits
from apps.analytics.selectors.cover import cover
from apps.analytics.selectors.goal_rules import ids_in, rules_of
from apps.analytics.selectors.measures import Asked, plain
from apps.metrics.contracts import Grain, Number, Operator, Query, QueryTooSlow, Window

GOAL = Dimension.GOAL.key
COLUMNS = {"goal_visits": "sessions", "goal_visitors": "visitors", "goal_times": "events", "goal_revenue": "revenue"}
BASE = "goal_base"
Found = dict[str, dict[str, Number]]
ALL_SECONDS = 5.0  # goals are asked one by one: together they may take this long
_TEST = int(EventFlag.TEST)
# The columns of COLUMNS, in order, from events `e`.
_COUNTED = """count(DISTINCT e.session_id) FILTER (WHERE e.session_id <> 0),
    count(DISTINCT (e.visitor, (e.time AT TIME ZONE %s)::date)) FILTER (WHERE e.visitor <> 0), count(*),
    coalesce(sum(e.revenue) FILTER (WHERE e.currency = %s AND e.flags & 1 <> 0), 0)"""


def asked_goals(query: Query) -> tuple[Query, list[Goal]]:
    """The question without its filters on goals, and the goals it is about."""
    goals = Goal.objects.filter(organization_id__in=query.organization_ids)
    if query.subjects:
        goals = goals.filter(site_id__in=query.subjects)
    others = []
    for item in query.filters:
        if item.dimension == GOAL and item.operator in {Operator.IS, Operator.ONE_OF}:
            goals = goals.filter(pk__in=ids_in(item))
        else:
            others.append(item)
    return replace(query, filters=tuple(others)), list(goals.select_related("site__organization").order_by("id"))


def by_goal(query: Query, goals: list[Goal], cursor: Any) -> Found:
    """The measures of each goal over the window."""
    if query.filters:
        return _of_visits(query, goals, cursor)
    part = cover(query, cursor)
    found = _of_rollups(query, goals, part.whole, part.params, cursor)
    if part.cut is not None:
        for goal, row in _of_events(query, goals, part.cut, cursor).items():
            for name, number in row.items():
                found[goal][name] += number  # type: ignore[operator]
    return found


def by_bucket(query: Query, goals: list[Goal], cursor: Any) -> Mapping[datetime, dict[str, Number]]:
    """All these goals together, by bucket."""
    if query.filters or query.window.grain in {Grain.HOUR, Grain.MINUTE}:
        return _series_of_events(query, goals, cursor)
    cursor.execute(
        f"SELECT bucket, {_sums()} FROM analytics_rollup WHERE site_id = ANY(%s) AND dim = %s AND grain = %s"
        " AND bucket >= %s AND bucket < %s AND value = ANY(%s) GROUP BY bucket",
        [list(query.subjects), int(Dimension.GOAL), int(StoreGrain.DAY), query.window.start, query.window.end,
         [str(goal.id) for goal in goals]],
    )
    return {bucket: _row(values) for bucket, *values in cursor.fetchall()}


def trends(query: Query, goals: list[Goal], cursor: Any) -> dict[int, dict[datetime, int]]:
    """Visits with each goal by day, for the small pictures of a list; filters are not looked at."""
    cursor.execute(
        "SELECT value, bucket, sessions FROM analytics_rollup WHERE site_id = ANY(%s) AND dim = %s AND grain = %s"
        " AND bucket >= %s AND bucket < %s AND value = ANY(%s)",
        [list(query.subjects), int(Dimension.GOAL), int(StoreGrain.DAY), query.window.start, query.window.end,
         [str(goal.id) for goal in goals]],
    )
    found: dict[int, dict[datetime, int]] = {goal.id: {} for goal in goals}
    for value, bucket, sessions in cursor.fetchall():
        found[int(value)][bucket.astimezone(UTC)] = int(sessions)
    return found


def base(query: Query, cursor: Any) -> Number:
    """All visits of the window, which a goal's rate is of."""
    return (visits if query.filters else rollups).totals(query, Asked.of(["sessions"]), cursor)["sessions"]


def base_by_bucket(query: Query, cursor: Any) -> Mapping[datetime, Mapping[str, Number]]:
    """All visits by bucket."""
    return (visits if query.filters else rollups).series(query, Asked.of(["sessions"]), cursor)


def _of_rollups(query: Query, goals: list[Goal], rows: str, more: Iterable[Any], cursor: Any) -> Found:
    cursor.execute(
        f"SELECT value, {_sums()} FROM analytics_rollup WHERE site_id = ANY(%s) AND dim = %s AND {rows}"
        " AND value = ANY(%s) GROUP BY value",
        [list(query.subjects), int(Dimension.GOAL), *more, [str(goal.id) for goal in goals]],
    )
    found = {value: _row(values) for value, *values in cursor.fetchall()}
    return {str(goal.id): found.get(str(goal.id), dict.fromkeys(COLUMNS, 0)) for goal in goals}


def _of_visits(query: Query, goals: list[Goal], cursor: Any) -> Found:
    where, more = visits.chosen(query)
    found: Found = {}
    end = monotonic() + ALL_SECONDS
    for goal, rule in zip(goals, rules_of(goals), strict=True):
        if monotonic() > end:
            raise QueryTooSlow("so many goals over so much data")
        sql, params, around = _reached(goal, rule, query)
        params = [*_zone(query, goal), *around, *params, *more]
        cursor.execute(f"SELECT {_COUNTED} FROM {sql} AND {where}", params)
        found[str(goal.id)] = _row(cursor.fetchone())
    return found


def _series_of_events(query: Query, goals: list[Goal], cursor: Any) -> dict[datetime, dict[str, Number]]:
    where, more = visits.chosen(query)
    found: dict[datetime, dict[str, Number]] = {}
    for goal, rule in zip(goals, rules_of(goals), strict=True):
        sql, params, around = _reached(goal, rule, query)
        cursor.execute(
            f"SELECT date_trunc(%s, e.time, %s) AS bucket, {_COUNTED} FROM {sql} AND {where}"
            " AND e.time < %s GROUP BY bucket",
            [query.window.grain.value, query.window.zone.key, *_zone(query, goal), *around, *params, *more,
             query.window.end],
        )
        for bucket, *values in cursor.fetchall():
            row = found.setdefault(max(bucket, query.window.start), dict.fromkeys(COLUMNS, 0))
            for name, number in _row(values).items():
                row[name] += number  # type: ignore[operator]
    return found


def _of_events(query: Query, goals: list[Goal], window: Window, cursor: Any) -> Found:
    """What happened within a stretch of time, whenever its visits began."""
    found: Found = {}
    for goal, rule in zip(goals, rules_of(goals), strict=True):
        sql, params = condition(rule, goal.site.organization.currency)
        cursor.execute(
            f"SELECT {_COUNTED} FROM analytics_event e WHERE e.site_id = %s AND e.time >= %s AND e.time < %s"
            f" AND e.flags & {_TEST} = 0 AND {sql}",
            [*_zone(query, goal), goal.site_id, window.start, window.end, *params],
        )
        found[str(goal.id)] = _row(cursor.fetchone())
    return found


def _reached(goal: Goal, rule: GoalRule, query: Query) -> tuple[str, list[Any], list[Any]]:
    sql, params = condition(rule, goal.site.organization.currency)
    return (
        "analytics_event e JOIN analytics_session s ON s.id = e.session_id WHERE e.site_id = %s AND e.time >= %s"
        f" AND e.time < %s + interval '1 day' AND e.flags & {_TEST} = 0 AND {sql}",
        params, [goal.site_id, query.window.start, query.window.end],
    )


def _zone(query: Query, goal: Goal) -> list[Any]:
    return [query.window.zone.key, goal.site.organization.currency]


def _sums() -> str:
    return ", ".join(f"sum({column})" for column in COLUMNS.values())


def _row(values: Iterable[Any]) -> dict[str, Number]:
    return {
        name: plain(column, value) for (name, column), value in zip(COLUMNS.items(), values, strict=True)
    }
