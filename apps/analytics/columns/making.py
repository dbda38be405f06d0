"""Making the copy of one span: PostgreSQL writes text, DuckDB turns it into columns, the store takes it in.

A span is announced before it is read: from then on every transaction that changes one of its visits marks it stale,
and a span that was marked while it was made is not put into use. Whoever had begun to change visits before the
announcement is waited for.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from apps.analytics.columns import engine, files
from apps.analytics.columns.contracts import (
    EVENTS,
    NAMES,
    PAGES,
    TABLES,
    VISITS,
    VITALS,
    WORDS,
    ColumnStore,
    CopiesGone,
    Copy,
)
from apps.analytics.columns.stores import needed
from apps.analytics.enums import EventFlag
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import QueryTooSlow

_EPOCH = date(1970, 1, 1).toordinal()
ANNOUNCE_LOCK = 1668246627  # the same number as in the triggers
_ANNOUNCE = """
INSERT INTO analytics_columnspan (organization_id, site_id, start, until, store, name, zone, ready, stale,
    visits, events, pages, names, bytes)
SELECT s.organization_id, s.id, %(start)s, %(until)s, %(store)s, %(name)s, o.time_zone, false, false, 0, 0, 0, 0, 0
FROM analytics_site s JOIN accounts_organization o ON o.id = s.organization_id WHERE s.id = %(site)s
ON CONFLICT (store, site_id, start, until)
DO UPDATE SET name = excluded.name, zone = excluded.zone, ready = false, stale = false
RETURNING organization_id, id, zone
"""
_READY = """
UPDATE analytics_columnspan
SET ready = true, visits = %(visits)s, events = %(events)s, pages = %(pages)s, names = %(names)s, bytes = %(bytes)s,
    made_at = now()
WHERE id = %(id)s AND name = %(name)s AND NOT stale
"""
_UTC = "{0} AT TIME ZONE 'UTC' AS {0}"
_VISITS = f"""
COPY (SELECT organization_id, site_id, id, visitor,
    (started_at AT TIME ZONE '{{zone}}')::date - DATE '1970-01-01' AS day, {_UTC.format('started_at')},
    {_UTC.format('entry_at')}, floor(extract(epoch FROM last_at - started_at))::bigint AS seconds, pageviews, events,
    engaged_ms, conversions, orders, revenue, is_bounce, {', '.join(WORDS)}
FROM analytics_session WHERE site_id = {{site}} AND started_at >= '{{start}}' AND started_at < '{{until}}')
TO STDOUT (FORMAT csv, NULL '\\N', FORCE_QUOTE ({', '.join(WORDS)}))
"""
_VITALS = ", ".join(
    f"CASE WHEN jsonb_typeof(e.vitals -> '{name}') = 'number' THEN (e.vitals ->> '{name}')::float8 END AS {name}"
    for name in VITALS
)
_EVENTS = f"""
COPY (SELECT e.session_id, e.id, e.time AT TIME ZONE 'UTC' AS time, e.name, e.path, e.engaged_ms, e.flags,
    e.order_id <> '' AS has_order, e.revenue, e.currency, CASE WHEN jsonb_typeof(e.props) = 'object' THEN (SELECT
        json_agg(p.key || chr(31) || (p.value #>> '{{{{}}}}')) FROM jsonb_each(e.props) p) END AS properties, {_VITALS}
FROM analytics_event e JOIN analytics_session s ON s.id = e.session_id AND s.site_id = e.site_id
WHERE e.site_id = {{site}} AND s.started_at >= '{{start}}' AND s.started_at < '{{until}}' AND e.time >= '{{start}}'
    AND e.time < '{{until}}'::timestamptz + interval '1 day' AND e.time < s.started_at + interval '1 day')
TO STDOUT (FORMAT csv, NULL '\\N', FORCE_QUOTE (name, path, currency, properties))
"""
_SORTED = "sorted"  # events before their steps are known
_GROUP, _PIECE = 122_880, 20_480  # rows: all columns of so many are in memory at once while they are written
_BIG, _TEXT, _AT, _MONEY, _REAL = "BIGINT", "VARCHAR", "TIMESTAMP", "DECIMAL(18,4)", "DOUBLE"
_VISIT_TYPES = {
    "organization_id": _BIG, "site_id": _BIG, "id": _BIG, "visitor": _BIG, "day": "INTEGER", "started_at": _AT,
    "entry_at": _AT, "seconds": _BIG, "pageviews": "INTEGER", "events": "INTEGER", "engaged_ms": _BIG,
    "conversions": "INTEGER", "orders": "INTEGER", "revenue": _MONEY, "is_bounce": "BOOLEAN",
    **dict.fromkeys(WORDS, _TEXT),
}
_EVENT_TYPES = {
    "session_id": _BIG, "id": _BIG, "time": _AT, "name": _TEXT, "path": _TEXT, "engaged_ms": "INTEGER",
    "flags": "SMALLINT", "has_order": "BOOLEAN", "revenue": _MONEY, "currency": _TEXT, "properties": _TEXT,
    **dict.fromkeys(VITALS, _REAL),
}
# Visits are numbered within their span, so that events find them by small numbers that follow each other; no two spans
# share any, because many are read together. A visit is alone when it is its visitor's only one of a day, by the clock
# of the organization, and the span holds all of that day: such visitors need not be told apart. The
# others come first in every file, so that few rows are read to tell them apart.
_VISIT_COLUMNS = f"""
SELECT s.* EXCLUDE (id, day), s.id AS session,
    s.id IN (SELECT session_id FROM e WHERE flags & {int(EventFlag.CONSENTED)} <> 0) AS consented,
    s.day >= $1 AND s.day < $2 AND count(*) OVER (PARTITION BY s.visitor, s.day) = 1 AS alone
FROM v s ORDER BY alone, s.visit
"""
_EVENT_COLUMNS = f"""
SELECT v.visit, e.id, e.time, e.name, e.path, e.engaged_ms, e.flags & {int(EventFlag.CONVERSION)} <> 0 AS converts,
    e.flags & {int(EventFlag.CONSENTED)} <> 0 AS consented, has_order AND name = 'purchase' AS is_order, e.revenue,
    e.currency, from_json(e.properties, '["VARCHAR"]') AS properties, {', '.join(VITALS)}
FROM e JOIN (SELECT id, visit FROM v) v ON v.id = e.session_id ORDER BY v.visit, e.time, e.id
"""
# The same with the pages of each visit in their order, of which those that are merely loaded again count once: `step`
# numbers them from 1, and the first event of each (`turn`) tells how many follow, and which come before and after.
_STEPS = """
SELECT * EXCLUDE (page, earlier, steps), CASE WHEN turn THEN (steps - step)::INTEGER END AS steps_left,
    CASE WHEN turn THEN earlier END AS page_before,
    CASE WHEN turn THEN lead(CASE WHEN turn THEN page END IGNORE NULLS) OVER w END AS page_after
FROM (
    SELECT *, CASE WHEN page IS NOT NULL THEN (count(*) FILTER (WHERE turn) OVER w)::INTEGER END AS step,
        count(*) FILTER (WHERE turn) OVER (PARTITION BY visit) AS steps
    FROM (
        SELECT *, lag(page IGNORE NULLS) OVER w AS earlier, page IS NOT NULL AND page IS DISTINCT FROM earlier AS turn
        FROM (
            SELECT *, CASE WHEN name = 'pageview' AND path <> '' THEN path END AS page FROM read_parquet('{sorted}')
            WHERE visit >= {low} AND visit < {high}
        ) WINDOW w AS (PARTITION BY visit ORDER BY time, id)
    ) WINDOW w AS (PARTITION BY visit ORDER BY time, id)
) WINDOW w AS (PARTITION BY visit ORDER BY time, id) ORDER BY visit, time, id
"""
# A visit's events of one page or name. What they brought in stands in rows of its own, apart by currency, which are
# not the visit's first.
_NARROW = """
SELECT s.visit, s.organization_id, s.site_id, s.started_at, s.visitor, {words}, e.* EXCLUDE (visit),
    e.first AND s.alone AS alone
FROM (
    SELECT visit, {value} AS value, true AS first, count(*) FILTER (WHERE name = 'pageview') AS n_pageviews,
        count(*) AS n_events, sum(engaged_ms)::BIGINT AS n_engaged_ms,
        count(*) FILTER (WHERE converts) AS n_conversions, count(*) FILTER (WHERE is_order) AS n_orders,
        NULL::DECIMAL(18,4) AS n_revenue, NULL::VARCHAR AS currency
    FROM read_parquet('{events}') WHERE visit >= {low} AND visit < {high} GROUP BY ALL
    UNION ALL
    SELECT visit, {value}, false, 0, 0, 0, 0, 0, sum(revenue)::DECIMAL(18,4), currency FROM read_parquet('{events}')
    WHERE visit >= {low} AND visit < {high} AND converts AND revenue IS NOT NULL GROUP BY ALL
) e JOIN (SELECT * FROM read_parquet('{visits}') WHERE visit >= {low} AND visit < {high}) s USING (visit)
ORDER BY s.visit
"""


def make_span(
    connection: Any, site_id: int, start: datetime, until: datetime, store: ColumnStore | None = None
) -> bool:
    """Make the copy of a site's visits of [start, until), over a connection that sees every tenant and is in no
    transaction. False when the site has gone, or when visits changed meanwhile: then nothing is put into use.
    `store` is the chosen one unless told otherwise."""
    store, name = store or needed(), files.new_name()
    span = {"site": site_id, "start": start, "until": until, "store": store.key, "name": name}
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [ANNOUNCE_LOCK])
        announced = connection.execute(_ANNOUNCE, span).fetchone()
    if announced is None:
        return False
    span |= {"id": announced[1], "zone": announced[2]}
    copy = Copy(announced[0], site_id, name)
    part = files.unfinished(files.folder(copy))
    ready = False
    try:
        part.mkdir(mode=0o700, parents=True)
        _copy_out(connection, part, span)
        copy = replace(copy, rows=_turn(part, span))
        facts = {**span, **dict(zip(TABLES, copy.rows, strict=True)), "bytes": store.put(part, copy)}
        with connection.transaction():
            ready = connection.execute(_READY, facts).rowcount == 1
    finally:
        if not ready:
            files.remove(files.folder(copy))
            with suppress(CopiesGone, QueryTooSlow):  # what is left is swept later
                store.remove(copy)
    return ready


def _copy_out(connection: Any, part: Path, span: dict[str, Any]) -> None:
    words = {"site": int(span["site"]), "start": span["start"].isoformat(), "until": span["until"].isoformat(),
             "zone": engine.quoted(span["zone"])}
    for name, statement in (("v.csv", _VISITS), ("e.csv", _EVENTS)):
        copying = connection.cursor().copy(statement.format(**words))
        with (part / name).open("wb") as file, copying as copy:
            for block in copy:
                file.write(block)


def _turn(part: Path, span: dict[str, Any]) -> tuple[int, ...]:
    """The text into columns; returns how many rows each of TABLES has."""
    with engine.writing() as duck:
        duck.execute(
            f"CREATE TABLE v AS SELECT {span['id'] << 32} + row_number() OVER (ORDER BY started_at, id) AS visit, *"
            f" FROM {_csv(part / 'v.csv', _VISIT_TYPES)}"
        )
        duck.execute(f"CREATE VIEW e AS SELECT * FROM {_csv(part / 'e.csv', _EVENT_TYPES)}")
        counts = [_write(duck, part, VISITS, _VISIT_COLUMNS, _whole_days(span))]
        _write(duck, part, _SORTED, _EVENT_COLUMNS, [])
        duck.execute("DROP VIEW e; DROP TABLE v")
        counts.append(_in_pieces(duck, part, EVENTS, _STEPS, ("true",), sorted=_path(part, _SORTED)))
        counts += [write_narrow(duck, part, name, value) for name, value in ((PAGES, "path"), (NAMES, "name"))]
    for name in ("v.csv", "e.csv", files.file_of(_SORTED)):
        (part / name).unlink()
    return tuple(counts)


def _whole_days(span: dict[str, Any]) -> list[int]:
    """The first day that the span holds all of, and the day after the last, as days since 1970."""
    zone = ZoneInfo(span["zone"])
    days = []
    for edge in (span["start"], span["until"]):
        day = edge.astimezone(zone).date()
        days.append(day.toordinal() - _EPOCH + (midnight(day, zone).astimezone(UTC) < edge))
    return [days[0], days[1]]


def write_narrow(duck: Any, part: Path, name: str, value: str) -> int:
    """A file of a row a visit and value; returns how many rows it has."""
    return _in_pieces(
        duck, part, name, _NARROW, ("NOT alone", "alone"), value=value, words=", ".join(f"s.{word}" for word in WORDS),
        visits=_path(part, VISITS), events=_path(part, EVENTS),
    )


def _in_pieces(
    duck: Any, part: Path, name: str, statement: str, groups: tuple[str, ...], **words: str
) -> int:
    """A file made of those of some visits at a time, because all at once they would not fit into the memory there is.
    The rows that meet the first of `groups` come first. Returns how many rows it has."""
    low, high = duck.execute(
        f"SELECT coalesce(min(visit), 0), coalesce(max(visit), 0) FROM '{_path(part, VISITS)}'"
    ).fetchone()
    pieces = []
    for first in range(low, high + 1, _PIECE):
        pieces.append(f"{len(pieces)}-{name}")
        _write(duck, part, pieces[-1], statement.format(**words, low=first, high=first + _PIECE), [])
    found = ", ".join(f"'{_path(part, piece)}'" for piece in pieces)
    rows = " UNION ALL ".join(f"SELECT * FROM read_parquet([{found}]) WHERE {group}" for group in groups)
    count = _write(duck, part, name, rows, [])
    for piece in pieces:
        (part / files.file_of(piece)).unlink()
    return count


def _path(part: Path, name: str) -> str:
    return engine.quoted(str(part / files.file_of(name)))


def _write(duck: Any, part: Path, name: str, columns: str, params: list[Any]) -> int:
    """One file, in pieces that are gathered in memory: large ones, which are read faster, and small ones where rows are
    so long that these do not fit. Returns how many rows it has."""
    statement = (
        f"COPY ({columns}) TO '{_path(part, name)}'"
        " (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {})"
    )
    try:
        duck.execute(statement.format(_GROUP), params)
    except engine.no_memory():
        duck.execute(statement.format(_PIECE), params)
    return int(duck.fetchone()[0])


def _csv(file: Path, types: dict[str, str]) -> str:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    return (
        f"read_csv('{engine.quoted(str(file))}', header = false, auto_detect = false, delim = ',', quote = '\"',"
        f" escape = '\"', nullstr = '\\N', allow_quoted_nulls = false, max_line_size = 10000000,"
        f" columns = {{{columns}}})"
    )
