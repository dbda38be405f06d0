"""Counting goals and products over the events that are stored, in SQL and apart from the counting of new events.

A goal's whole past is deleted and counted from its events; then visits that may still go on learn what of theirs was
counted, so that the pipeline does not count it again.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from apps.analytics.enums import Dimension, EventFlag, StoreGrain
from apps.analytics.pipeline.clock import at_ms, clock_of
from apps.analytics.pipeline.folding import PERIODS
from apps.analytics.pipeline.goals import goals_of
from apps.analytics.pipeline.marks import mark_of
from apps.analytics.pipeline.postgres import MEASURES
from apps.analytics.pipeline.products import LONGEST, PRICE, QUANTITY, STAGES
from apps.analytics.reaching import GoalRule, condition

_CONVERSION, _TEST = int(EventFlag.CONVERSION), int(EventFlag.TEST)
_GOALS = """SELECT id, kind, match, value, prop_name, prop_value, amount::text, is_conversion FROM analytics_goal
    WHERE site_id = %s ORDER BY id"""
_SITE = """SELECT o.id, o.time_zone, o.currency FROM analytics_site s JOIN accounts_organization o
    ON o.id = s.organization_id WHERE s.id = %s"""
_COLUMNS = f"organization_id, site_id, grain, dim, bucket, value, {', '.join(MEASURES)}"
_UNIQUE = """count(DISTINCT e.visitor) FILTER (WHERE e.visitor <> 0),
    count(DISTINCT e.session_id) FILTER (WHERE e.session_id <> 0)"""
_NAMED = rf"left(regexp_replace(i ->> '{{}}', '[\u0001-\u001f\u007f]', '', 'g'), {LONGEST})"
# Prices times pieces of every product of every event, once each.
LINES = rf"""
SELECT e.visitor, e.session_id, e.name, e.time, p.product, p.pieces, p.value FROM analytics_event e
CROSS JOIN LATERAL (
    SELECT product, sum(pieces) AS pieces,
        CASE WHEN e.currency IN ('', %s) THEN sum(trunc(price * pieces, 4)) ELSE 0 END AS value
    FROM (SELECT coalesce(nullif({_NAMED.format('name')}, ''), nullif({_NAMED.format('id')}, '')) AS product,
        CASE WHEN i ->> 'quantity' ~ '{QUANTITY}' THEN split_part(i ->> 'quantity', '.', 1)::int ELSE 1 END AS pieces,
        CASE WHEN i ->> 'price' ~ '{PRICE}' THEN (i ->> 'price')::numeric ELSE 0 END AS price
        FROM jsonb_array_elements(CASE WHEN jsonb_typeof(e.items) = 'array' THEN e.items ELSE '[]' END) i
        WHERE jsonb_typeof(i) = 'object') line
    WHERE product IS NOT NULL GROUP BY product
) p
WHERE e.site_id = ANY(%s) AND e.flags & {_TEST} = 0 AND e.items IS NOT NULL AND e.name = ANY(%s)
"""


_CLEAR = f"""DELETE FROM analytics_rollup WHERE site_id = %s AND dim = ANY(%s)
    AND (%s::text[] IS NULL OR value = ANY(%s))
    AND (%s::timestamptz IS NULL OR bucket >= %s OR grain IN ({int(StoreGrain.WEEK)}, {int(StoreGrain.MONTH)}))"""


def recount_goals(
    connection: Any, site_id: int, ids: Sequence[int] | None = None, since: datetime | None = None
) -> int:
    """Count these goals (all, if none are named) anew, within the caller's transaction; returns how many there are.
    Figures of goals that were deleted go. What was counted before `since` stays: its events are gone."""
    site = connection.execute(_SITE, [site_id]).fetchone()
    if site is None:
        return 0
    goals = [goal for goal in goals_of(connection.execute(_GOALS, [site_id]).fetchall()) if not ids or goal.id in ids]
    values = [str(goal_id) for goal_id in ids] if ids else None
    connection.execute(_CLEAR, [site_id, [int(Dimension.GOAL)], values, values, since, since])
    for goal in goals:
        _count_goal(connection, site_id, site, goal)
    _fold(connection, site_id, int(Dimension.GOAL), [str(goal.id) for goal in goals])
    _mark_goals(connection, site_id, site, goals)
    return len(goals)


def _count_goal(connection: Any, site_id: int, site: Sequence[Any], goal: GoalRule) -> None:
    org_id, zone, currency = site
    where, params = condition(goal, currency)
    connection.execute(
        f"INSERT INTO analytics_rollup ({_COLUMNS}) SELECT %s, %s, %s, %s, day, %s, {_UNIQUE}, 0, count(*), 0, 0, 0, 0,"
        f" 0, coalesce(sum(e.revenue) FILTER (WHERE e.currency = %s AND e.flags & {_CONVERSION} <> 0), 0)"
        f" FROM (SELECT *, date_trunc('day', time, %s) AS day FROM analytics_event e WHERE e.site_id = %s"
        f" AND e.flags & {_TEST} = 0 AND {where}) e GROUP BY day",
        [org_id, site_id, int(StoreGrain.DAY), int(Dimension.GOAL), str(goal.id), currency, zone, site_id, *params],
    )


def recount_products(connection: Any, site_id: int, since: datetime | None = None) -> None:
    """Count what was bought and looked at of every product, and refunds, anew; what was before `since` stays."""
    site = connection.execute(_SITE, [site_id]).fetchone()
    if site is None:
        return
    org_id, zone, currency = site
    dimensions = [*STAGES.values(), int(Dimension.REFUND)]
    connection.execute(_CLEAR, [site_id, dimensions, None, None, since, since])
    for name, dimension in STAGES.items():
        bought = "count(*)" if name == "purchase" else "0"
        connection.execute(
            f"INSERT INTO analytics_rollup ({_COLUMNS}) SELECT %s, %s, %s, %s, date_trunc('day', e.time, %s) AS day,"
            f" e.product, {_UNIQUE}, 0, sum(e.pieces), 0, 0, 0, 0, {bought}, sum(e.value) FROM ({LINES}) e"
            " GROUP BY day, e.product",
            [org_id, site_id, int(StoreGrain.DAY), dimension, zone, currency, [site_id], [name]],
        )
    connection.execute(
        f"INSERT INTO analytics_rollup ({_COLUMNS}) SELECT %s, %s, %s, %s, date_trunc('day', e.time, %s) AS day, '',"
        " 0, 0, 0, count(*), 0, 0, 0, 0, 0, sum(abs(e.revenue)) FROM analytics_event e WHERE e.site_id = %s"
        f" AND e.flags & {_TEST} = 0 AND e.name = 'refund' AND e.revenue <> 0 AND e.currency = %s GROUP BY day",
        [org_id, site_id, int(StoreGrain.DAY), int(Dimension.REFUND), zone, site_id, currency],
    )
    for dimension in dimensions:
        _fold(connection, site_id, dimension, None)
    _mark_products(connection, site_id, zone, currency)


def _fold(connection: Any, site_id: int, dimension: int, values: list[str] | None) -> None:
    """Add days up into the weeks and months that have been folded already."""
    for grain, unit in PERIODS.items():
        sums = ", ".join(f"sum({name})" for name in MEASURES)
        connection.execute(
            f"INSERT INTO analytics_rollup ({_COLUMNS}) SELECT r.organization_id, r.site_id, %s, r.dim, f.start,"
            f" r.value, {sums} FROM analytics_rollup r JOIN accounts_organization o ON o.id = r.organization_id"
            " JOIN analytics_foldedperiod f ON f.site_id = r.site_id AND f.grain = %s"
            f" AND f.start = date_trunc('{unit}', r.bucket, o.time_zone)"
            " WHERE r.site_id = %s AND r.dim = %s AND r.grain = %s AND (%s::text[] IS NULL OR r.value = ANY(%s))"
            " GROUP BY r.organization_id, r.site_id, r.dim, f.start, r.value"
            f" ON CONFLICT (site_id, dim, grain, bucket, value) DO UPDATE SET"
            f" {', '.join(f'{name} = excluded.{name}' for name in MEASURES)}",
            [int(grain), int(grain), site_id, dimension, int(StoreGrain.DAY), values, values],
        )


_LIVING = """session_id <> 0 AND session_id IN
    (SELECT id FROM analytics_session WHERE site_id = %s AND last_at > now() - interval '2 days')"""


def _mark_goals(connection: Any, site_id: int, site: Sequence[Any], goals: Iterable[GoalRule]) -> None:
    found: list[tuple[int, Any, int]] = []
    for goal in goals:
        where, params = condition(goal, site[2])
        rows = connection.execute(
            f"SELECT e.session_id, e.time FROM analytics_event e WHERE e.site_id = %s AND e.flags & {_TEST} = 0"
            f" AND {where} AND e.{_LIVING}", [site_id, *params, site_id],
        )
        found += [(session, time, goal.mark) for session, time in rows.fetchall()]
    _remember(connection, site[1], found)


def _mark_products(connection: Any, site_id: int, zone: str, currency: str) -> None:
    rows = connection.execute(
        f"SELECT e.session_id, e.time, e.name, e.product FROM ({LINES}) e WHERE e.{_LIVING}",
        [currency, [site_id], list(STAGES), site_id],
    )
    _remember(connection, zone, [
        (session, time, mark_of(f"product {STAGES[name]}", product)) for session, time, name, product in rows.fetchall()
    ])


def _remember(connection: Any, zone: str, found: Iterable[tuple[int, Any, int]]) -> None:
    """Tell visits what was counted of them: the visit, when, and the mark of what."""
    clock = clock_of(zone)
    marks: defaultdict[int, set[int]] = defaultdict(set)
    for session, time, mark in found:
        marks[session].add(mark ^ clock.day_of(at_ms(time)).ordinal << 42)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE analytics_session SET seen = seen || %s WHERE id = %s",
            [(array("q", sorted(own)).tobytes(), session) for session, own in marks.items()],
        )
