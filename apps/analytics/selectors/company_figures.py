"""Figures of companies for `apps.metrics.read`, counted from their visits and from the history of their scores.

Companies are counted once over whatever period is asked for; over a bucket of a series, once in that bucket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.core.tenancy import WrongTenant, current_scope
from apps.metrics import live, registry
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Grain, Measures, Operator, Query, Row

KEY = "companies"
SEEN, VISITS, HOT = "companies", "company_visits", "hot_companies"
_COLUMNS = {
    "industry": "coalesce(nullif(c.industry, ''), nullif('guess:' || c.industry_guess, 'guess:'), '')",
    "network_kind": "c.kind", "temperature": "c.temperature",
    "company_country": "c.country", BY_ORGANIZATION: "c.organization_id",
}
_OF_VISITS = {SEEN: "count(DISTINCT v.company_id)", VISITS: "count(*)"}
_TRUNCATED = {Grain.MINUTE: "minute", Grain.HOUR: "hour", Grain.DAY: "day", Grain.WEEK: "week", Grain.MONTH: "month"}
_FROM_VISITS = """FROM analytics_companyvisit v JOIN analytics_session s ON s.id = v.session_id
    JOIN analytics_company c ON c.id = v.company_id"""
_FROM_SCORES = "FROM analytics_companyscore k JOIN analytics_company c ON c.id = k.company_id"


class CompanySource:
    """Companies, their visits, and how many were hot."""

    key = KEY
    dimensions = tuple(name for name in _COLUMNS if name != BY_ORGANIZATION)

    def totals(self, query: Query) -> Measures:
        """Each measure over the window, companies counted once."""
        found: dict[str, Any] = dict.fromkeys(query.measures, 0)
        if names := _of_visits(query):
            where, params = _visits(query)
            row = _ask(f"SELECT {_select(names)} {_FROM_VISITS} WHERE {where}", params)[0]
            found |= dict(zip(names, row, strict=True))
        if HOT in query.measures:
            where, params = _scores(query)
            found[HOT] = _ask(f"SELECT count(DISTINCT k.company_id) {_FROM_SCORES} WHERE {where}", params)[0][0]
        return found

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Each measure by bucket."""
        zone, grain = query.window.zone.key, _TRUNCATED[query.window.grain]
        found: dict[datetime, dict[str, Any]] = {}
        if names := _of_visits(query):
            where, params = _visits(query)
            sql = f"SELECT date_trunc(%s, s.started_at, %s), {_select(names)} {_FROM_VISITS} WHERE {where} GROUP BY 1"
            for bucket, *values in _ask(sql, [grain, zone, *params]):
                found.setdefault(max(bucket, query.window.start), {}).update(zip(names, values, strict=True))
        if HOT in query.measures:
            where, params = _scores(query)
            sql = (
                "SELECT date_trunc(%s, k.day::timestamp AT TIME ZONE %s, %s), count(DISTINCT k.company_id)"
                f" {_FROM_SCORES} WHERE {where} GROUP BY 1"
            )
            for bucket, number in _ask(sql, [grain, zone, zone, *params]):
                found.setdefault(max(bucket, query.window.start), {})[HOT] = number
        return found

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by one dimension."""
        rows: dict[str, dict[str, Any]] = {}
        if names := _of_visits(query):
            where, params = _visits(query)
            column = "v.site_id" if by == BY_SUBJECT else _COLUMNS[by]
            sql = f"SELECT {column}::text, {_select(names)} {_FROM_VISITS} WHERE {where} GROUP BY 1"
            for value, *values in _ask(sql, params):
                rows.setdefault(value or "", {}).update(zip(names, values, strict=True))
        if HOT in query.measures and by != BY_SUBJECT:
            where, params = _scores(query)
            sql = f"SELECT {_COLUMNS[by]}::text, count(DISTINCT k.company_id) {_FROM_SCORES} WHERE {where} GROUP BY 1"
            for value, number in _ask(sql, params):
                rows.setdefault(value or "", {})[HOT] = number
        full = [Row(value, dict.fromkeys(query.measures, 0) | found) for value, found in rows.items()]
        full.sort(key=lambda row: (-row.measures[order], row.value))
        return full[offset : offset + limit]

    def version(self, query: Query) -> str:
        """Moves when companies were scored or changed, and with every batch of visits."""
        organizations = query.organization_ids
        return f"{live.version(organizations, KEY)}/{live.version(organizations, 'analytics')}"


def _of_visits(query: Query) -> list[str]:
    return [name for name in query.measures if name in _OF_VISITS]


def _select(names: list[str]) -> str:
    return ", ".join(_OF_VISITS[name] for name in names)


def _visits(query: Query) -> tuple[str, list[Any]]:
    where, params = _companies(query)
    where += ["s.started_at >= %s", "s.started_at < %s"]
    params += [query.window.start, query.window.end]
    if query.subjects:
        where.append("v.site_id = ANY(%s)")
        params.append(list(query.subjects))
    return " AND ".join(where), params


def _scores(query: Query) -> tuple[str, list[Any]]:
    """Scores are kept by day of the organization's zone; a score is of the company, over all its sites."""
    where, params = _companies(query)
    zone = query.window.zone
    last = (query.window.end - timedelta(microseconds=1)).astimezone(zone).date()
    where += ["k.temperature = 'hot'", "k.day >= %s", "k.day <= %s"]
    params += [query.window.start.astimezone(zone).date(), last]
    if query.subjects:
        where.append("EXISTS (SELECT 1 FROM analytics_companyvisit v WHERE v.company_id = c.id"
                     " AND v.site_id = ANY(%s))")
        params.append(list(query.subjects))
    return " AND ".join(where), params


def _companies(query: Query) -> tuple[list[str], list[Any]]:
    scope = current_scope()
    if scope is None or not all(scope.allows(org_id) for org_id in query.organization_ids):
        raise WrongTenant("figures were asked of an organization that is not in scope")
    where = ["c.organization_id = ANY(%s)", "c.hidden_at IS NULL", "c.merged_into_id IS NULL",
             "c.kind IN ('business', 'education', 'government')"]
    params: list[Any] = [list(query.organization_ids)]
    for item in query.filters:
        sql, values = _condition(item)
        where.append(sql)
        params += values
    return where, params


def _condition(item: Filter) -> tuple[str, list[Any]]:
    column = _COLUMNS[item.dimension]
    if item.operator is Operator.CONTAINS:
        literal = item.values[0].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{column} ILIKE %s", [f"%{literal}%"]
    sql = f"{column} = ANY(%s)"
    return (f"NOT ({sql})" if item.operator is Operator.IS_NOT else sql), [list(item.values)]


def _ask(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


registry.register_source(CompanySource())
