"""Counting a site's figures again from its events and visits, in SQL and apart from the pipeline's own counting: after
an erasure, after the organization moved to another time zone, and in tests as the second opinion."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from typing import Any

from apps.analytics.enums import ACQUISITION, PLACE, TECHNOLOGY, Dimension, EventFlag, StoreGrain
from apps.analytics.histograms import SESSION_SECONDS, VITALS
from apps.analytics.pipeline.clock import clock_of
from apps.analytics.pipeline.folding import fold_closed_periods
from apps.analytics.pipeline.marks import day_mark, hour_mark, mark_of
from apps.analytics.pipeline.recount import recount_goals, recount_products
from apps.analytics.pipeline.recount_health import recount_doubts, refold_flows
from apps.analytics.pipeline.tally import BUILT_IN, LONGEST_VALUE, MOST_PROPERTIES, property_text

_COLUMNS = "organization_id, site_id, grain, dim, bucket, value, visitors, sessions, pageviews, events, bounces, " \
    "engaged_ms, duration_s, conversions, orders, revenue"
_CONVERSION, _TEST = int(EventFlag.CONVERSION), int(EventFlag.TEST)
_OWN = "coalesce(sum(e.revenue) FILTER (WHERE converts AND e.currency = %(currency)s), 0)"
_WHO = "count(DISTINCT e.visitor) FILTER (WHERE e.visitor <> 0)"
_EVENT_SUMS = f"""count(*) FILTER (WHERE e.name = 'pageview'), count(*), 0, coalesce(sum(e.engaged_ms), 0), 0,
    count(*) FILTER (WHERE converts), count(*) FILTER (WHERE converts AND e.name = 'purchase'), {_OWN}"""
_EVENTS = f"""
WITH e AS MATERIALIZED (
    SELECT *, flags & {_CONVERSION} <> 0 AS converts, date_trunc('day', time, %(zone)s) AS day
    FROM analytics_event WHERE site_id = %(site)s AND flags & {_TEST} = 0 AND time >= %(from)s AND time < %(until)s
)
"""
_VISITS = """
WITH s AS MATERIALIZED (
    SELECT *, date_trunc('day', started_at, %(zone)s) AS day,
        floor(extract(epoch FROM last_at) * 1000 - extract(epoch FROM started_at) * 1000)::bigint / 1000 AS seconds
    FROM analytics_session WHERE site_id = %(site)s AND started_at >= %(from)s AND started_at < %(until)s
)
"""
_HEAD = "%(org)s::bigint, %(site)s::bigint"
_HOUR_OF = "{day} + floor(extract(epoch FROM ({time} - {day})) / 3600) * interval '1 hour'"
_SESSION_SUMS = "0, count(*), 0, 0, count(*) FILTER (WHERE s.is_bounce), 0, sum(seconds), 0, 0, 0::numeric"
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY, _HOUR = int(StoreGrain.DAY), int(StoreGrain.HOUR)


def _dimension_values(alias: str) -> str:
    return ", ".join(
        f"({int(dimension)}, {alias}.{dimension.key})" for dimension in (*ACQUISITION, *PLACE, *TECHNOLOGY)
    )


def _of_events() -> list[str]:
    """Statements that count events: totals, dimensions of their visits, pages, names, properties, conversions."""
    hour = _HOUR_OF.format(day="e.day", time="e.time")
    silent = ", ".join(f"'{name}'" for name in sorted(BUILT_IN))
    value = "coalesce(p.value #>> '{}', '')"
    text = f"left(e.name || ': ' || p.key || ' = ' || {value}, {LONGEST_VALUE})"
    sessions = "count(DISTINCT e.session_id) FILTER (WHERE e.session_id <> 0)"
    plain = [
        f"SELECT {_HEAD}, {_HOUR}, 0, {hour}, '', {_WHO}, 0, {_EVENT_SUMS} FROM e GROUP BY 5",
        f"SELECT {_HEAD}, {_DAY}, 0, e.day, '', {_WHO}, 0, {_EVENT_SUMS} FROM e GROUP BY e.day",
        f"""SELECT {_HEAD}, {_DAY}, v.dim, e.day, v.value, {_WHO}, 0, {_EVENT_SUMS}
            FROM e JOIN analytics_session s ON s.id = e.session_id AND s.site_id = e.site_id
            CROSS JOIN LATERAL (VALUES {_dimension_values('s')}) v(dim, value) GROUP BY v.dim, e.day, v.value""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.PAGE)}, e.day, left(e.path, 500), {_WHO}, {sessions},
            count(*) FILTER (WHERE e.name = 'pageview'), count(*), 0, coalesce(sum(e.engaged_ms), 0), 0, 0, 0, 0
            FROM e WHERE e.path <> '' GROUP BY e.day, left(e.path, 500)""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.EVENT)}, e.day, e.name, {_WHO}, {sessions}, 0, count(*), 0, 0, 0,
            count(*) FILTER (WHERE converts), count(*) FILTER (WHERE converts AND e.name = 'purchase'), {_OWN}
            FROM e GROUP BY e.day, e.name""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.CONVERSION_PAGE)}, e.day, left(e.path, 500), {_WHO}, {sessions}, 0,
            count(*), 0, 0, 0, count(*), count(*) FILTER (WHERE e.name = 'purchase'), {_OWN}
            FROM e WHERE converts AND e.path <> '' GROUP BY e.day, left(e.path, 500)""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.CURRENCY)}, e.day, e.currency, 0, 0, 0, 0, 0, 0, 0, count(*),
            count(*) FILTER (WHERE e.name = 'purchase'), sum(e.revenue)
            FROM e WHERE converts AND e.revenue <> 0 GROUP BY e.day, e.currency""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.PROPERTY)}, e.day, {text}, {_WHO}, {sessions}, 0, count(*), 0, 0, 0,
            0, 0, 0 FROM e CROSS JOIN LATERAL (SELECT * FROM jsonb_each(e.props) LIMIT {MOST_PROPERTIES}) p
            WHERE e.props IS NOT NULL AND e.name NOT IN ({silent}) GROUP BY e.day, {text}""",
    ]
    return plain + [_of_vital(name) for name in VITALS]


def _of_vital(name: str) -> str:
    dimension, edges = VITALS[name]
    steps = ", ".join(str(edge) for edge in edges)
    bucket = (
        f"greatest(0, least(width_bucket((e.vitals ->> '{name}')::numeric, ARRAY[{steps}]::numeric[]) - 1,"
        f" {len(edges) - 2}))::text"
    )
    return f"""SELECT {_HEAD}, {_DAY}, {int(dimension)}, e.day, {bucket}, 0, 0, 0, count(*), 0, 0, 0, 0, 0, 0
        FROM e WHERE jsonb_typeof(e.vitals -> '{name}') = 'number' GROUP BY e.day, {bucket}"""


def _of_visits() -> list[str]:
    """Statements that count visits where they began."""
    hour = _HOUR_OF.format(day="s.day", time="s.started_at")
    steps = ", ".join(str(edge) for edge in SESSION_SECONDS)
    last = len(SESSION_SECONDS) - 2
    length = f"greatest(0, least(width_bucket(seconds, ARRAY[{steps}]::bigint[]) - 1, {last}))::text"
    page_sums = f"count(DISTINCT s.visitor){_SESSION_SUMS[1:]}"
    return [
        f"SELECT {_HEAD}, {_HOUR}, 0, {hour}, '', {_SESSION_SUMS} FROM s GROUP BY 5",
        f"SELECT {_HEAD}, {_DAY}, 0, s.day, '', {_SESSION_SUMS} FROM s GROUP BY s.day",
        f"""SELECT {_HEAD}, {_DAY}, v.dim, s.day, v.value, {_SESSION_SUMS}
            FROM s CROSS JOIN LATERAL (VALUES {_dimension_values('s')}) v(dim, value) GROUP BY v.dim, s.day, v.value""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.ENTRY_PAGE)}, s.day, left(s.entry_page, 500), {page_sums}
            FROM s WHERE s.entry_page <> '' GROUP BY s.day, left(s.entry_page, 500)""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.EXIT_PAGE)}, s.day, left(s.exit_page, 500), {page_sums}
            FROM s WHERE s.exit_page <> '' GROUP BY s.day, left(s.exit_page, 500)""",
        f"""SELECT {_HEAD}, {_DAY}, {int(Dimension.SESSION_LENGTH)}, s.day, {length}, 0, count(*), 0, 0, 0, 0, 0, 0,
            0, 0 FROM s GROUP BY s.day, {length}""",
    ]


_MERGE = """ON CONFLICT (site_id, dim, grain, bucket, value) DO UPDATE SET
    visitors = r.visitors + excluded.visitors, sessions = r.sessions + excluded.sessions,
    bounces = r.bounces + excluded.bounces, duration_s = r.duration_s + excluded.duration_s"""


_CLEAR = f"""DELETE FROM analytics_rollup WHERE site_id = %(site)s AND grain IN ({_HOUR}, {_DAY})
    AND bucket >= %(from)s AND bucket < %(until)s"""
_CLEAR_LONGER = f"""DELETE FROM analytics_rollup WHERE site_id = %(site)s
    AND grain IN ({int(StoreGrain.WEEK)}, {int(StoreGrain.MONTH)})"""


def rebuild_site(connection: Any, site_id: int) -> int:
    """Count everything of a site again, within the caller's transaction; returns how many rows there are then.

    Minutes are left as they are: they are gone within two days. So is everything before the first day whose events
    are kept, except that weeks and months are added up anew from its days.
    """
    rebuild_days(connection, site_id)
    return rebuild_rest(connection, site_id)


def rebuild_days(
    connection: Any, site_id: int, since: datetime | None = None, until: datetime | None = None
) -> None:
    """Count days and hours again from one midnight of the organization to before another; all, if none are named.
    Goals, products and what is made of days is left to `rebuild_rest`, so that a long past can be done in pieces."""
    params = _params(connection, site_id)
    if params is None:
        return
    params |= {"from": max(params["from"], since or _EVER), "until": until or _NEVER}
    connection.execute(_CLEAR, params)
    for head, statements in ((_EVENTS, _of_events()), (_VISITS, _of_visits())):
        for statement in statements:
            connection.execute(
                f"{head} INSERT INTO analytics_rollup AS r ({_COLUMNS}) {statement} {_MERGE}", params
            )


def rebuild_rest(connection: Any, site_id: int) -> int:
    """Make what is made of days anew, and count what is counted over all of them; returns how many rows there are."""
    params = _params(connection, site_id)
    if params is None:
        return 0
    connection.execute(_CLEAR_LONGER, params)
    connection.execute("DELETE FROM analytics_foldedperiod WHERE site_id = %s", [site_id])
    fold_closed_periods(connection, [site_id])
    _mark_again(connection, site_id, params["zone"])
    recount_goals(connection, site_id, since=params["from"])
    recount_products(connection, site_id, since=params["from"])
    recount_doubts(connection, site_id, since=params["from"])
    refold_flows(connection, site_id, params["zone"])
    return connection.execute("SELECT count(*) FROM analytics_rollup WHERE site_id = %s", [site_id]).fetchone()[0]


def _params(connection: Any, site_id: int) -> dict[str, Any] | None:
    row = connection.execute(
        "SELECT o.id, o.time_zone, o.currency, s.events_from FROM analytics_site s JOIN accounts_organization o"
        " ON o.id = s.organization_id WHERE s.id = %s", [site_id],
    ).fetchone()
    return {
        "site": site_id, "org": row[0], "zone": row[1], "currency": row[2], "from": row[3] or _EVER,
    } if row else None


def _mark_again(connection: Any, site_id: int, zone: str) -> None:
    """What was already counted for visits that may still go on, in the days and hours of the zone as it is now."""
    clock = clock_of(zone)
    rows = connection.execute(
        "SELECT session_id, (extract(epoch FROM time) * 1000)::bigint, name, path, flags, props FROM analytics_event"
        " WHERE site_id = %s AND session_id <> 0 AND flags & %s = 0 AND session_id IN (SELECT id FROM"
        " analytics_session WHERE site_id = %s AND last_at > now() - interval '2 days')", [site_id, _TEST, site_id],
    )
    seen: dict[int, set[int]] = {}
    for session, at, name, path, flags, props in rows.fetchall():
        day = clock.day_of(at)
        marks = [mark_of("event", name)]
        if path:
            marks.append(mark_of("page", path))
            if flags & _CONVERSION:
                marks.append(mark_of("conversion", path))
        if props and name not in BUILT_IN:
            marks += [mark_of("property", property_text(name, *item)) for item in list(props.items())[:MOST_PROPERTIES]]
        own = seen.setdefault(session, set())
        own.update(mark ^ day.ordinal << 42 for mark in marks)
        own.update((day_mark(day.ordinal), hour_mark(day.hour_of(at))))
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE analytics_session SET seen = %s WHERE id = %s",
            [(array("q", marks).tobytes(), session) for session, marks in seen.items()],
        )
