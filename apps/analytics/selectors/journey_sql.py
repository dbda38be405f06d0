"""PostgreSQL's halves of funnels, retention and paths: the rows that matter. What is made of them is written once for
PostgreSQL and the copies' stores (`funnel_sql`, `walk_sql`, COHORTS)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.analytics.columns.words import POSTGRESQL
from apps.analytics.contracts.rules import Rule, RuleKind
from apps.analytics.enums import EventFlag
from apps.analytics.selectors.funnel_sql import Found, followed
from apps.analytics.selectors.rule_sql import matched
from apps.analytics.selectors.visits import FIRST_DAY, chosen
from apps.analytics.selectors.walk_sql import ranked, walked
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import Grain, Query, Window

_CONSENTED = int(EventFlag.CONSENTED)
_EVENTS = f"""analytics_event e JOIN analytics_session s ON s.id = e.session_id
    WHERE {FIRST_DAY} AND e.organization_id = ANY(%s)
    AND e.site_id = ANY(%s) AND e.time >= %s AND e.time < %s + interval '1 day'"""
# Who a recognised visitor is: the user the site named, else the browser with a cookie; NULL for everybody else.
PERSON = """CASE WHEN s.uid <> '' THEN s.site_id || ' u ' || s.uid
    WHEN {consented} THEN s.site_id || ' v ' || s.visitor END"""
_OF_EVENT = PERSON.format(consented=f"e.flags & {_CONSENTED} <> 0")
_OF_VISIT = PERSON.format(consented="k.first < s.started_at + interval '1 day'")
# Joined, and not asked for with IN: what does not fit into memory would be searched once for every visit.
_KNOWN = f"""known AS MATERIALIZED (SELECT e.session_id, min(e.time) AS first FROM analytics_event e
    WHERE e.site_id = ANY(%s) AND e.time >= %s AND e.time < %s + interval '1 day' AND e.flags & {_CONSENTED} <> 0
    GROUP BY e.session_id)"""
_VISITS = "analytics_session s LEFT JOIN known k ON k.session_id = s.id"
# How many of those whose first period in `moments` (`who`, `period`, each pair once) was which came in which: in words
# that PostgreSQL and the copies' stores share.
COHORTS = """person AS (SELECT period, min(period) OVER (PARTITION BY who) AS cohort FROM moments)
    SELECT cohort, period, count(*) AS visitors, 0 AS recognised FROM person GROUP BY cohort, period"""


def funnel(
    query: Query, steps: Sequence[Rule], window: timedelta, ordered: bool, of_persons: bool, cursor: Any
) -> tuple[Found, float]:
    """Per step: how many came so far and the median seconds since the step before; and the share of visits covered."""
    moments, params = moments_of(query, steps, of_persons)
    rows = followed(moments, params, len(steps), window, ordered, cursor)
    return rows, share_of(*recognised(query, cursor)) if of_persons else 1.0


def moments_of(query: Query, steps: Sequence[Rule], of_persons: bool) -> tuple[str, list[Any]]:
    """Every event that is one of the steps: whose, when (milliseconds), and which steps it is."""
    conditions, params = [], []
    for rule in steps:
        sql, values = matched(rule, POSTGRESQL)
        conditions.append(sql)
        params += values
    where, more = chosen(query)
    flags = ", ".join(f"{sql} AS m{index}" for index, sql in enumerate(conditions))
    any_of = " OR ".join(f"m{index}" for index in range(len(steps)))
    who = _OF_EVENT if of_persons else "e.session_id"
    sql = (
        f"SELECT * FROM (SELECT {who} AS who, (extract(epoch FROM e.time) * 1000)::bigint AS ms, e.id, {flags}"
        f" FROM {_EVENTS} AND {where}) f WHERE who IS NOT NULL AND ({any_of})"
    )
    return sql, [*params, *_around(query), *more]


def retention(query: Query, grain: Grain, cursor: Any) -> tuple[dict[tuple[int, int], int], float]:
    """How many visitors of each cohort came in each period, by their indexes in `periods`; and the share of visits
    whose visitor is recognised."""
    visits, params = _visits_of(query, periods(query.window, grain))
    cursor.execute(
        f"WITH {_KNOWN}, visits AS MATERIALIZED ({visits}),"
        f" moments AS (SELECT DISTINCT who, period FROM visits WHERE who IS NOT NULL), {COHORTS}"
        " UNION ALL SELECT NULL, NULL, count(*), count(who) FROM visits", params,
    )
    *rows, (_cohort, _period, *counts) = cursor.fetchall()
    return {(cohort, period): number for cohort, period, number, _none in rows}, share_of(*counts)


def pairs_of(query: Query, starts: Sequence[datetime]) -> tuple[str, list[Any]]:
    """Each recognised visitor with each of the periods that begin at `starts`, by its index, in which there was a
    visit, once."""
    visits, params = _visits_of(query, starts)
    return f"WITH {_KNOWN} SELECT DISTINCT who, period FROM ({visits}) v WHERE who IS NOT NULL", params


def _visits_of(query: Query, starts: Sequence[datetime]) -> tuple[str, list[Any]]:
    where, params = chosen(query)
    return (
        f"SELECT {_OF_VISIT} AS who, width_bucket(s.started_at, %s::timestamptz[]) - 1 AS period"
        f" FROM {_VISITS} WHERE {where}", [*_of_sites(query), list(starts), *params]
    )


def periods(window: Window, grain: Grain) -> list[datetime]:
    """The starts of the days, weeks (from Monday) or months that a window touches, in its zone."""
    day = window.start.astimezone(window.zone).date()
    if grain is Grain.WEEK:
        day -= timedelta(days=day.weekday())
    elif grain is Grain.MONTH:
        day = day.replace(day=1)
    found = []
    while (start := midnight(day, window.zone)).timestamp() < window.end.timestamp():
        found.append(start)
        if grain is Grain.MONTH:
            day = (day + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if grain is Grain.WEEK else 1)
    return found


def paths(
    query: Query, start: Rule | None, backward: bool, depth: int, most: int, cursor: Any
) -> Sequence[tuple[int, str, str | None, int]]:
    """How many visits went from which page (at how many steps from the start) to which; None for no further."""
    walks, params = walks_of(query, start, backward, depth)
    cursor.execute(f"WITH walks AS ({walks}), {ranked('walks', most)}", params)
    return cursor.fetchall()


def walks_of(query: Query, start: Rule | None, backward: bool, depth: int) -> tuple[str, list[Any]]:
    """The walks of the visits that are chosen."""
    where, more = chosen(query)
    begins, params = matched(start, POSTGRESQL) if start else ("false", [])
    seen, page, named = "e.name = 'pageview' AND e.path <> ''", "e.path", []
    if start is not None and start.kind == RuleKind.EVENT:
        seen, page, named = f"({seen} OR {begins})", f"CASE WHEN {begins} THEN e.name ELSE e.path END", params
    pages = (
        f'SELECT e.session_id AS visit, e.time AS ts, e.id, ({page}) COLLATE "C" AS page, {begins} AS begins'
        f" FROM {_EVENTS} AND {where} AND {seen}"
    )
    return walked(pages, backward, depth, started=start is not None), [
        *named, *params, *_around(query), *more, *named
    ]


def recognised(query: Query, cursor: Any) -> tuple[int, int]:
    """How many visits there are, and how many of them are of recognised visitors."""
    where, params = chosen(query)
    cursor.execute(
        f"WITH {_KNOWN} SELECT count(*), count({_OF_VISIT}) FROM {_VISITS} WHERE {where}", [*_of_sites(query), *params]
    )
    visits, known = cursor.fetchone()
    return visits, known


def share_of(visits: int, known: int) -> float:
    """Which share of the visits is of recognised visitors."""
    return known / visits if visits else 0.0


def _of_sites(query: Query) -> list[Any]:
    return [list(query.subjects), query.window.start, query.window.end]


def _around(query: Query) -> list[Any]:
    return [list(query.organization_ids), *_of_sites(query)]
