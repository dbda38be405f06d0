"""Puts a batch into the store: COPY into scratch tables, then one statement a table. All in the caller's transaction.

The scratch tables are there because PostgreSQL refuses COPY into tables with row-level security, and because new rows
and changed rows want different statements. Their columns have the types of the tables', so that nothing is converted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from apps.analytics.pipeline import health, rows
from apps.analytics.pipeline.lane import Lane
from apps.analytics.pipeline.partitions import Partitions

SCRATCH = """
CREATE TEMP TABLE IF NOT EXISTS new_event (
    id bigint, organization_id bigint, site_id bigint, time_ms bigint, received_ms bigint, session_id bigint,
    visitor bigint, engaged_ms integer, scroll smallint, flags smallint, name varchar(64), host varchar(253),
    path varchar(1000), title varchar(300), referrer varchar(1000), uid varchar(128), order_id varchar(128),
    currency varchar(3), revenue numeric(18, 4), ip inet, props jsonb, items jsonb, vitals jsonb
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS new_visit (
    id bigint, organization_id bigint, site_id bigint, visitor bigint, started_ms bigint, last_ms bigint,
    entry_ms bigint, exit_ms bigint, pageviews integer, events integer, engaged_ms bigint, conversions integer,
    orders integer, revenue numeric(18, 4), is_bounce boolean, seen bytea, entry_page varchar(1000),
    exit_page varchar(1000), uid varchar(128), channel varchar(20), source varchar(200), medium varchar(100),
    campaign varchar(200), term varchar(200), content varchar(200), referrer varchar(300), country varchar(2),
    region varchar(100), city varchar(100), device varchar(10), browser varchar(60), os varchar(60),
    screen varchar(12), language varchar(20)
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS changed_visit (
    id bigint, started_ms bigint, last_ms bigint, entry_ms bigint, exit_ms bigint, pageviews integer, events integer,
    engaged_ms bigint, conversions integer, orders integer, revenue numeric(18, 4), is_bounce boolean, seen bytea,
    entry_page varchar(1000), exit_page varchar(1000), uid varchar(128)
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS rollup_change (
    organization_id bigint, site_id bigint, grain smallint, dim smallint, bucket_ms bigint, value varchar(500),
    visitors bigint, sessions bigint, pageviews bigint, events bigint, bounces bigint, engaged_ms bigint,
    duration_s bigint, conversions bigint, orders bigint, revenue numeric(24, 4)
) ON COMMIT DELETE ROWS;
"""
_AT = "to_timestamp({}::float8 / 1000)"
_PLAIN_EVENT = "session_id, visitor, engaged_ms, scroll, flags, name, host, path, title, referrer, uid, order_id, " \
    "currency, revenue, ip, props, items, vitals"
EVENTS = f"""
INSERT INTO analytics_event (id, organization_id, site_id, time, received_at, {_PLAIN_EVENT})
SELECT id, organization_id, site_id, {_AT.format('time_ms')}, {_AT.format('received_ms')}, {_PLAIN_EVENT}
FROM new_event
"""
_COUNTS = "pageviews, events, engaged_ms, conversions, orders, revenue, is_bounce, seen, entry_page, exit_page, uid"
_WORDS = "channel, source, medium, campaign, term, content, referrer, country, region, city, device, browser, os, " \
    "screen, language"
NEW_VISITS = f"""
INSERT INTO analytics_session (id, organization_id, site_id, visitor, started_at, last_at, entry_at, exit_at,
    {_COUNTS}, {_WORDS})
SELECT id, organization_id, site_id, visitor, {_AT.format('started_ms')}, {_AT.format('last_ms')},
    {_AT.format('entry_ms')}, {_AT.format('exit_ms')}, {_COUNTS}, {_WORDS}
FROM new_visit
"""
CHANGED_VISITS = f"""
UPDATE analytics_session s SET started_at = {_AT.format('c.started_ms')}, last_at = {_AT.format('c.last_ms')},
    entry_at = {_AT.format('c.entry_ms')}, exit_at = {_AT.format('c.exit_ms')},
    {', '.join(f'{name} = c.{name}' for name in _COUNTS.split(', '))}
FROM changed_visit c WHERE s.id = c.id
"""
MEASURES = (
    "visitors", "sessions", "pageviews", "events", "bounces", "engaged_ms", "duration_s", "conversions", "orders",
    "revenue",
)
ROLLUPS = f"""
INSERT INTO analytics_rollup AS r (organization_id, site_id, grain, dim, bucket, value, {', '.join(MEASURES)})
SELECT organization_id, site_id, grain, dim, {_AT.format('bucket_ms')}, value, {', '.join(MEASURES)}
FROM rollup_change
ON CONFLICT (site_id, dim, grain, bucket, value) DO UPDATE SET
    {', '.join(f'{name} = r.{name} + excluded.{name}' for name in MEASURES)}
"""
IDENTITIES = """
INSERT INTO analytics_identity AS i (organization_id, site_id, uid, visitor, traits, seen_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (site_id, uid) DO UPDATE SET visitor = excluded.visitor, traits = i.traits || excluded.traits,
    seen_at = greatest(i.seen_at, excluded.seen_at)
"""
DROPS = """
INSERT INTO analytics_sitedaydrop AS d (organization_id, site_id, day, reason, detail, count)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (site_id, day, reason, detail) DO UPDATE SET count = d.count + excluded.count
"""


_VISITS = """SELECT id, site_id, visitor, (extract(epoch FROM started_at) * 1000)::bigint,
    (extract(epoch FROM last_at) * 1000)::bigint, coalesce((extract(epoch FROM entry_at) * 1000)::bigint, 0),
    coalesce((extract(epoch FROM exit_at) * 1000)::bigint, 0), entry_page, exit_page, uid, pageviews, events,
    engaged_ms, conversions, orders, (revenue * 10000)::bigint, is_bounce, seen,
    channel, source, medium, campaign, term, content, referrer, country, region, city, device, browser, os, screen,
    language
FROM analytics_session WHERE visitor = ANY(%s::bigint[]) AND site_id = ANY(%s)
    AND last_at >= to_timestamp(%s::double precision) AND started_at <= to_timestamp(%s::double precision)
ORDER BY started_at, id"""
_KNOWN = "SELECT id FROM analytics_event WHERE id = ANY(%s::bigint[])"
_WITHIN = " AND time >= to_timestamp(%s::double precision) AND time <= to_timestamp(%s::double precision)"


def array_text(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array: much cheaper to make than an adapted list."""
    return f"{{{','.join(map(str, numbers))}}}"


class PostgresStore:
    """The event store in PostgreSQL, over one connection, on which it makes its scratch tables."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._partitions = Partitions(connection)
        self.rollups = rows.RollupLines()
        self._lane = Lane()
        self._examiner = health.Examiner()
        connection.execute(SCRATCH)

    def known(self, ids: Iterable[int], window: tuple[int, int] | None) -> list[int]:
        """Which of these events are stored, within a window of time (milliseconds) or ever."""
        params: list[Any] = [array_text(ids)]
        if window is not None:
            params += [window[0] / 1000, window[1] / 1000]
        with self._connection.cursor(binary=True) as cursor:
            return [row[0] for row in cursor.execute(_KNOWN + (_WITHIN if window else ""), params)]

    def visits(self, marks: Iterable[int], sites: list[int], window: tuple[int, int]) -> list[tuple[Any, ...]]:
        """The visits of these visitors that touch a window of time, oldest first, in the order of _VISITS' columns."""
        with self._connection.cursor(binary=True) as cursor:
            params = [array_text(marks), sites, window[0] / 1000, window[1] / 1000]
            return cursor.execute(_VISITS, params).fetchall()

    def begin(self, batch: Any) -> None:
        """The events, as soon as they have their visits; goes on in the background."""
        hits = batch.hits
        if hits:
            times = [hit.at for hit in hits]
            self._partitions.ensure(min(times), max(times))
            self._store("new_event", rows.EVENT_COLUMNS, [rows.event_line(hit) for hit in hits], EVENTS)

    def finish(self) -> None:
        """Wait for what goes on in the background."""
        self._lane.finish()

    def end(self, batch: Any) -> None:
        """Everything else a batch made; goes on in the background until `finish`."""
        self._visits(batch)
        self._store("rollup_change", rows.ROLLUP_COLUMNS, list(self.rollups.lines(batch.tally)), ROLLUPS)
        self._lane.run(self._others, batch)

    def clear_scratch(self) -> None:
        """Empty the scratch tables before the transaction ends: needed where one transaction holds several batches."""
        self._connection.execute("TRUNCATE new_event, new_visit, changed_visit, rollup_change")

    def reset(self) -> None:
        """A transaction was rolled back, and with it the partitions and scratch tables it made."""
        self._partitions.reset()
        self.rollups = rows.RollupLines()

    def ahead(self) -> None:
        """Make the partitions that will be needed next."""
        self._partitions.ahead()

    def _visits(self, batch: Any) -> None:
        new = [rows.visit_line(visit, batch.site_of(visit.site_id)) for visit in batch.visits if visit.is_new]
        self._store("new_visit", rows.VISIT_COLUMNS, new, NEW_VISITS)
        changed = [rows.changed_line(visit) for visit in batch.visits if not visit.is_new]
        self._store("changed_visit", rows.CHANGED_COLUMNS, changed, CHANGED_VISITS)

    def _others(self, batch: Any) -> None:
        health.note(self._connection, batch, self._examiner)
        with self._connection.cursor() as cursor:
            if batch.identities:
                cursor.executemany(IDENTITIES, batch.identities)
            if batch.drops:
                cursor.executemany(DROPS, [
                    (site.organization_id, site.id, date.fromordinal(day.ordinal), *why, count)
                    for (site, day, why), count in batch.drops.items()
                ])

    def _store(self, table: str, columns: str, lines: list[str], statement: str) -> None:
        if lines:
            self._lane.run(self._copy, table, columns, "".join(lines), statement)

    def _copy(self, table: str, columns: str, lines: str, statement: str) -> None:
        with self._connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(lines)
            cursor.execute(statement)
