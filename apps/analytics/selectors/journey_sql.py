"""PostgreSQL's statements of retention and paths, each in halves: the rows that matter, and what is made of them; and
the rows that funnels are made of (`funnel_sql`)."""

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
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import Grain, Query, Window

REST = "…"  # stands for all the pages of a step that are not shown singly
_CONSENTED = int(EventFlag.CONSENTED)
_EVENTS = f"""analytics_event e JOIN analytics_session s ON s.id = e.session_id
    WHERE {FIRST_DAY} AND e.organization_id = ANY(%s)
    AND e.site_id = ANY(%s) AND e.time >= %s AND e.time < %s + interval '1 day'"""
# Who a recognised visitor is: the user the site named, else the browser with a cookie; NULL for everybody else.
_PERSON = """CASE WHEN s.uid <> '' THEN s.site_id || ' u ' || s.uid
    WHEN {consented} THEN s.site_id || ' v ' || s.visitor END"""
_OF_EVENT = _PERSON.format(consented=f"e.flags & {_CONSENTED} <> 0")
_OF_VISIT = _PERSON.format(consented="k.session_id IS NOT NULL")
# Joined, and not asked for with IN: what does not fit into memory would be searched once for every visit.
_KNOWN = f"""known AS MATERIALIZED (SELECT DISTINCT e.session_id FROM analytics_event e WHERE e.site_id = ANY(%s)
    AND e.time >= %s AND e.time < %s + interval '1 day' AND e.flags & {_CONSENTED} <> 0)"""
_VISITS = "analytics_session s LEFT JOIN known k ON k.session_id = s.id"


def funnel(
    query: Query, steps: Sequence[Rule], window: timedelta, ordered: bool, recognised: bool, cursor: Any
) -> tuple[Found, float]:
    """Per step: how many came so far and the median seconds since the step before; and the share of visits covered."""
    moments, params = moments_of(query, steps, recognised)
    rows = followed(moments, params, len(steps), window, ordered, cursor)
    return rows, recognised_share(query, cursor) if recognised else 1.0


def moments_of(query: Query, steps: Sequence[Rule], recognised: bool) -> tuple[str, list[Any]]:
    """Every event that is one of the steps: whose, when (milliseconds), and which steps it is."""
    conditions, params = [], []
    for rule in steps:
        sql, values = matched(rule, POSTGRESQL)
        conditions.append(sql)
        params += values
    where, more = chosen(query)
    flags = ", ".join(f"{sql} AS m{index}" for index, sql in enumerate(conditions))
    any_of = " OR ".join(f"m{index}" for index in range(len(steps)))
    who = _OF_EVENT if recognised else "e.session_id"
    sql = (
        f"SELECT * FROM (SELECT {who} AS who, (extract(epoch FROM e.time) * 1000)::bigint AS ms, e.id, {flags}"
        f" FROM {_EVENTS} AND {where}) f WHERE who IS NOT NULL AND ({any_of})"
    )
    return sql, [*params, *_around(query), *more]


def retention(query: Query, grain: Grain, cursor: Any) -> tuple[dict[tuple[int, int], int], float]:
    """How many visitors of each cohort came in each period, by their indexes in `periods`; and the share of visits
    whose visitor is recognised."""
    where, params = chosen(query)
    zone = query.window.zone.key
    cursor.execute(
        f"WITH {_KNOWN}, visits AS MATERIALIZED (SELECT {_OF_VISIT} AS who, date_trunc(%s, s.started_at, %s) AS period"
        f" FROM {_VISITS} WHERE {where}), moments AS (SELECT DISTINCT who, period FROM visits WHERE who IS NOT NULL),"
        " person AS (SELECT period, min(period) OVER (PARTITION BY who) AS cohort FROM moments)"
        " SELECT cohort, period, count(*), 0 FROM person GROUP BY cohort, period"
        " UNION ALL SELECT NULL, NULL, count(*), count(who) FROM visits",
        [*_of_sites(query), grain.value, zone, *params],
    )
    places = {start.timestamp(): index for index, start in enumerate(periods(query.window, grain))}
    *rows, (_cohort, _period, visits, recognised) = cursor.fetchall()
    found = {
        (places[cohort.timestamp()], places[period.timestamp()]): number for cohort, period, number, _none in rows
    }
    return found, recognised / visits if visits else 0.0


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
    moments, params = _walks(query, start, backward, depth)
    cursor.execute(
        f"""WITH moments AS ({moments}),
        ranked AS (SELECT depth, page, row_number() OVER (PARTITION BY depth ORDER BY count(*) DESC, page) AS place
            FROM moments GROUP BY depth, page)
        SELECT m.depth, CASE WHEN r.place <= %s THEN m.page ELSE '{REST}' END AS page,
            CASE WHEN n.place <= %s THEN m.following WHEN m.following IS NOT NULL THEN '{REST}' END AS following,
            count(*)
        FROM moments m JOIN ranked r ON r.depth = m.depth AND r.page = m.page
        LEFT JOIN ranked n ON n.depth = m.depth + 1 AND n.page = m.following
        GROUP BY 1, 2, 3""", [*params, most, most],
    )
    return cursor.fetchall()


def _walks(query: Query, start: Rule | None, backward: bool, depth: int) -> tuple[str, list[Any]]:
    """A row for each page of a visit that lies within reach of the start: how far away, which, and the one after."""
    where, more = chosen(query)
    sign = "DESC" if backward else "ASC"
    begins, params = matched(start, POSTGRESQL) if start else ("false", [])
    order = f"PARTITION BY visit ORDER BY at {sign}, id {sign}"
    named = start is not None and start.kind == RuleKind.EVENT
    page, again = (f"CASE WHEN {begins} THEN e.name ELSE e.path END", params) if named else ("e.path", [])
    since = f"count(*) FILTER (WHERE begins) OVER ({order})" if start else "1"
    sql = f"""
        SELECT visit, place - 1 AS depth, page, CASE WHEN place <= {depth} THEN following END AS following FROM (
            SELECT visit, page, row_number() OVER w AS place, lead(page) OVER w AS following FROM (
                SELECT visit, at, id, page, lag(page) OVER ({order}) AS earlier
                FROM (SELECT *, {since} AS since FROM (
                    SELECT e.session_id AS visit, e.time AS at, e.id, {page} AS page, {begins} AS begins
                    FROM {_EVENTS} AND {where} AND (e.name = 'pageview' AND e.path <> '' OR {begins})
                ) a) b WHERE since > 0
            ) c WHERE earlier IS DISTINCT FROM page WINDOW w AS ({order})
        ) d WHERE place <= {depth + 1}"""
    return sql, [*again, *params, *_around(query), *more, *params]


def recognised_share(query: Query, cursor: Any) -> float:
    """Which share of the visits is of recognised visitors."""
    where, params = chosen(query)
    cursor.execute(
        f"WITH {_KNOWN} SELECT count(*), count({_OF_VISIT}) FROM {_VISITS} WHERE {where}", [*_of_sites(query), *params]
    )
    visits, recognised = cursor.fetchone()
    return recognised / visits if visits else 0.0


def _of_sites(query: Query) -> list[Any]:
    return [list(query.subjects), query.window.start, query.window.end]


def _around(query: Query) -> list[Any]:
    return [list(query.organization_ids), *_of_sites(query)]
