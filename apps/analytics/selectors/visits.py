"""Traffic under filters, from the visits themselves: every figure is of the visits that meet all conditions.

A condition on a page, event or property is met by a visit in which it happened. Statements end after a few seconds
(`QueryTooSlow`), so that no question holds a page up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apps.analytics.enums import OF_SESSIONS, Dimension
from apps.analytics.histograms import HISTOGRAMS
from apps.analytics.selectors.company_filter import COMPANY, company_filter
from apps.analytics.selectors.goal_rules import goal_filter
from apps.analytics.selectors.measures import WEEK_HOUR, Asked, counted_in, plain
from apps.analytics.selectors.rule_sql import literal
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Grain, Number, Operator, Query, Row

_SESSION_COLUMNS = {dimension.key: dimension.key for dimension in OF_SESSIONS} | {
    "entry_page": "entry_page", "exit_page": "exit_page", BY_SUBJECT: "site_id", BY_ORGANIZATION: "organization_id",
}
_SECONDS = "floor(extract(epoch FROM s.last_at - s.started_at))::bigint"
# What is said of events holds for the first day of their visit: a cut through time never parts a visit from them.
FIRST_DAY = "e.time < s.started_at + interval '1 day'"
# A visitor on a day, as one number: distinct numbers are counted several times faster than distinct rows.
_VISITOR_DAY = "hashint8extended(s.visitor, (s.started_at AT TIME ZONE %s)::date - DATE '2000-01-01')"
_WEEK_HOUR = "to_char(s.started_at AT TIME ZONE %s, 'ID-HH24')"
_OF_VISITS = {
    "sessions": "count(*)", "pageviews": "sum(s.pageviews)", "events": "sum(s.events)",
    "bounces": "count(*) FILTER (WHERE s.is_bounce)", "engaged_s": "sum(s.engaged_ms) / 1000",
    "engaged_ms": "sum(s.engaged_ms)", "duration_s": f"sum({_SECONDS})", "conversions": "sum(s.conversions)",
    "orders": "sum(s.orders)", "revenue": "sum(s.revenue)",
}
_OF_EVENTS = {
    "sessions": "count(DISTINCT e.session_id)", "pageviews": "count(*) FILTER (WHERE e.name = 'pageview')",
    "events": "count(*)", "bounces": "0", "engaged_s": "sum(e.engaged_ms) / 1000",
    "engaged_ms": "sum(e.engaged_ms)", "duration_s": "0",
    "conversions": "sum(e.flags & 1)", "orders": "count(*) FILTER (WHERE e.order_id <> '' AND e.name = 'purchase')",
    "revenue": "sum(e.revenue) FILTER (WHERE e.flags & 1 = 1 AND e.currency = o.currency)",
}
_EVENT_VALUES = {
    "page": "e.path", "conversion_page": "e.path", "event": "e.name",
    "property": "e.name || ': ' || p.key || ' = ' || (p.value #>> '{}')",
}
_TRUNCATED = {Grain.MINUTE: "minute", Grain.HOUR: "hour", Grain.DAY: "day", Grain.WEEK: "week", Grain.MONTH: "month"}


def totals(query: Query, asked: Asked, cursor: Any) -> dict[str, Number]:
    """Sums over the window."""
    found: dict[str, Number] = {}
    if asked.columns:
        where, params = chosen(query)
        columns, more = _columns(asked.columns, query, _OF_VISITS)
        cursor.execute(f"SELECT {columns} FROM analytics_session s WHERE {where}", [*more, *params])
        found = dict(zip(asked.columns, map(plain, asked.columns, cursor.fetchone()), strict=False))
    for dimension in asked.histograms:
        found |= _histogram(query, dimension, cursor)
    return found | dict.fromkeys(asked.now, 0)


def series(query: Query, asked: Asked, cursor: Any) -> dict[datetime, dict[str, Number]]:
    """Sums by the bucket a visit began in."""
    return {max(bucket, query.window.start): row for bucket, row in buckets(query, asked, cursor)}


def buckets(query: Query, asked: Asked, cursor: Any) -> list[tuple[datetime, dict[str, Number]]]:
    """The same as pairs; the first bucket begins where its week or month does, be it before the window."""
    where, params = chosen(query)
    columns, more = _columns(asked.columns, query, _OF_VISITS)
    cursor.execute(
        f"SELECT date_trunc(%s, s.started_at, %s) AS bucket, {columns} FROM analytics_session s WHERE {where}"
        " GROUP BY bucket",
        [_TRUNCATED[query.window.grain], query.window.zone.key, *more, *params],
    )
    return [
        (bucket, dict(zip(asked.columns, map(plain, asked.columns, values), strict=False)))
        for bucket, *values in cursor.fetchall()
    ]


def breakdown(
    query: Query, asked: Asked, by: str, order: str, limit: int | None, offset: int, cursor: Any
) -> Sequence[Row]:
    """Rows by one dimension of the visits, or of what happened in them; the largest first."""
    if by in _EVENT_VALUES:
        return _by_event(query, asked, by, order, limit, offset, cursor)
    where, params = chosen(query)
    columns, more = _columns(asked.columns, query, _OF_VISITS)
    value = f"s.{_SESSION_COLUMNS[by]}::text" if by != WEEK_HOUR else _WEEK_HOUR
    zone = [query.window.zone.key] if by == WEEK_HOUR else []
    place = asked.columns.index(order) + 2
    cursor.execute(
        f"SELECT {value} AS value, {columns} FROM analytics_session s WHERE {where}"
        f" GROUP BY 1 ORDER BY {place} DESC, value LIMIT %s OFFSET %s",
        [*zone, *more, *params, limit, offset],
    )
    return _rows(asked.columns, cursor)


def _by_event(
    query: Query, asked: Asked, by: str, order: str, limit: int | None, offset: int, cursor: Any
) -> Sequence[Row]:
    where, params = chosen(query)
    columns, more = _columns(asked.columns, query, _OF_EVENTS)
    properties = " CROSS JOIN LATERAL jsonb_each(e.props) p" if by == "property" else ""
    only = {
        "conversion_page": " AND e.flags & 1 = 1 AND e.path <> ''", "page": " AND e.path <> ''",
        "property": " AND jsonb_typeof(e.props) = 'object'",
    }
    place = asked.columns.index(order) + 2
    cursor.execute(
        f"SELECT coalesce({_EVENT_VALUES[by]}, '') AS value, {columns} FROM analytics_event e"
        " JOIN analytics_session s ON s.id = e.session_id"
        f" JOIN accounts_organization o ON o.id = e.organization_id{properties}"
        " WHERE e.organization_id = ANY(%s) AND (%s OR e.site_id = ANY(%s)) AND e.time >= %s"
        f" AND e.time < %s + interval '1 day' AND {FIRST_DAY} AND {where}{only.get(by, '')}"
        f" GROUP BY 1 ORDER BY {place} DESC, value LIMIT %s OFFSET %s",
        [
            *more, list(query.organization_ids), not query.subjects, list(query.subjects), query.window.start,
            query.window.end, *params, limit, offset,
        ],
    )
    return _rows(asked.columns, cursor)


def _rows(columns: Sequence[str], cursor: Any) -> list[Row]:
    return [
        Row(value, dict(zip(columns, map(plain, columns, values), strict=False)))
        for value, *values in cursor.fetchall()
    ]


def _columns(names: Sequence[str], query: Query, expressions: dict[str, str]) -> tuple[str, list[Any]]:
    """The select list; visitors are distinct within a day of the organization's zone."""
    params: list[Any] = []
    found = []
    for name in names:
        if name == "visitors":
            found.append(f"count(DISTINCT {_VISITOR_DAY})")
            params.append(query.window.zone.key)
        else:
            found.append(f"coalesce({expressions[name]}, 0)")
    return ", ".join(found) or "0", params


def chosen(query: Query) -> tuple[str, list[Any]]:
    """The condition that picks the visits which began in the window and meet all filters."""
    parts = ["s.organization_id = ANY(%s)", "s.started_at >= %s", "s.started_at < %s"]
    params: list[Any] = [list(query.organization_ids), query.window.start, query.window.end]
    if query.subjects:
        parts.append("s.site_id = ANY(%s)")
        params.append(list(query.subjects))
    for item in query.filters:
        sql, values = _condition(item, query)
        parts.append(sql)
        params += values
    return " AND ".join(parts), params


def _condition(item: Filter, query: Query) -> tuple[str, list[Any]]:
    negated = item.operator is Operator.IS_NOT
    if item.dimension in _SESSION_COLUMNS:
        sql, values = matches(f"s.{_SESSION_COLUMNS[item.dimension]}::text", item)
        return (f"NOT ({sql})" if negated else sql), values
    if item.dimension == COMPANY:
        sql, values = company_filter(item)
        return (f"NOT ({sql})" if negated else sql), values
    if item.dimension == Dimension.GOAL.key:
        sql, values = goal_filter(item)
        sql = f"({sql})"
    else:
        sql, values = matches(_EVENT_VALUES[item.dimension], item)
    properties = " CROSS JOIN LATERAL jsonb_each(e.props) p" if item.dimension == "property" else ""
    only = {"conversion_page": " AND e.flags & 1 = 1", "property": " AND jsonb_typeof(e.props) = 'object'"}
    exists = (
        f"EXISTS (SELECT 1 FROM analytics_event e{properties} WHERE e.session_id = s.id AND {FIRST_DAY}"
        " AND e.organization_id = ANY(%s)"
        " AND (%s OR e.site_id = ANY(%s)) AND e.time >= %s AND e.time < %s + interval '1 day'"
        f"{only.get(item.dimension, '')} AND {sql})"
    )
    around = [
        list(query.organization_ids), not query.subjects, list(query.subjects), query.window.start, query.window.end,
    ]
    return (f"NOT {exists}" if negated else exists), [*around, *values]


def matches(expression: str, item: Filter) -> tuple[str, list[Any]]:
    """The positive form: IS_NOT is negated by the caller."""
    if item.operator is Operator.CONTAINS:
        return f"{expression} ILIKE %s", [f"%{literal(item.values[0])}%"]
    return f"{expression} = ANY(%s)", [list(item.values)]


def _histogram(query: Query, dimension: Dimension, cursor: Any) -> dict[str, Number]:
    make = _lengths if counted_in(dimension) == "sessions" else _vitals
    sql, params = make(query, dimension)
    cursor.execute(f"{sql} GROUP BY bucket", params)
    found: defaultdict[str, Number] = defaultdict(int)
    for bucket, number in cursor.fetchall():
        found[f"{dimension.key}_{max(0, bucket)}"] += number
    return dict(found)


def _lengths(query: Query, dimension: Dimension) -> tuple[str, list[Any]]:
    where, params = chosen(query)
    edges = list(HISTOGRAMS[dimension])
    bucket = f"least(width_bucket({_SECONDS}::float8, %s::float8[]), %s) - 1"
    return f"SELECT {bucket} AS bucket, count(*) FROM analytics_session s WHERE {where}", [
        edges, len(edges) - 1, *params
    ]


def _vitals(query: Query, dimension: Dimension) -> tuple[str, list[Any]]:
    where, params = chosen(query)
    name, edges = dimension.key.removeprefix("vital_"), [float(edge) for edge in HISTOGRAMS[dimension]]
    sql = (
        "SELECT least(width_bucket((e.vitals ->> %s)::float8, %s::float8[]), %s) - 1 AS bucket, count(*)"
        " FROM analytics_event e JOIN analytics_session s ON s.id = e.session_id"
        " WHERE e.vitals ->> %s IS NOT NULL AND e.organization_id = ANY(%s) AND e.time >= %s"
        f" AND e.time < %s + interval '1 day' AND {FIRST_DAY} AND jsonb_typeof(e.vitals -> %s) = 'number' AND {where}"
    )
    around = [list(query.organization_ids), query.window.start, query.window.end, name]
    return sql, [name, edges, len(edges) - 1, name, *around, *params]
