"""Conditions of which PostgreSQL knows what they mean, goals and companies, on the rows of visits in copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection

from apps.analytics.columns.contracts import NAMES, PAGES, CopiesGone
from apps.analytics.enums import GoalKind
from apps.analytics.reaching import GoalRule, condition
from apps.analytics.selectors.company_filter import of_companies
from apps.analytics.selectors.goal_rules import goals_in
from apps.metrics.contracts import Filter

if TYPE_CHECKING:
    from apps.analytics.selectors.column_sql import Tables

MOST_VISITS = 20_000  # of companies, which are sent along; PostgreSQL answers for more


def reached(item: Filter, tables: Tables) -> tuple[str, list[Any]]:
    """The condition on `s` that a visit reached one of the goals a filter names."""
    parts, params = [], []
    for goal, rule in goals_in(item):
        sql, values = condition(rule, goal.site.organization.currency, tables.words)
        parts.append(f"s.site_id = %s AND s.visit IN (SELECT e.visit FROM {_reaching(rule, tables)} WHERE {sql})")
        params += [goal.site_id, *values]
    return f"({' OR '.join(parts) or 'false'})", params


def _reaching(rule: GoalRule, tables: Tables) -> str:
    """Where the events are that can reach a goal, as `e`: where only their page or name counts, rows of a visit and
    value are fewer."""
    if rule.kind == GoalKind.PAGE:
        return (
            f"(SELECT s.visit, s.value AS path, 'pageview' AS name FROM {tables.rows(PAGES)} WHERE s.n_pageviews > 0) e"
        )
    if rule.kind == GoalKind.EVENT and not rule.prop_name:
        return f"(SELECT s.visit, s.value AS name FROM {tables.rows(NAMES)}) e"
    return tables.events


def of_company(item: Filter, tables: Tables) -> tuple[str, list[Any]]:
    """The condition on `s` that a visit came from one of the companies a filter means. Raises CopiesGone where these
    are so many visits that PostgreSQL should answer."""
    sql, params = of_companies(item)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{sql} AND v.site_id = ANY(%s) LIMIT %s", [*params, list(tables.query.subjects), MOST_VISITS + 1]
        )
        found = [[str(session)] for (session,) in cursor.fetchall()]
    if len(found) > MOST_VISITS:
        raise CopiesGone("too many visits would have to be sent along")
    return (
        f"s.visit IN (SELECT s.visit FROM {tables.visits} WHERE s.session IN"
        f" (SELECT r[1]::BIGINT FROM {tables.words.given()}))", [orjson.dumps(found).decode()]
    )
