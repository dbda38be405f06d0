"""Which spans there ought to be, and keeping them so: a copy a month, and a copy a day for the days since.

A span that visits were changed in is made anew within minutes; until then PostgreSQL answers for it. What no row
names any more is taken away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings

from apps.analytics.columns import files
from apps.analytics.columns.contracts import CLICKHOUSE, FILES, KEYS, TABLES, ColumnStore, CopiesGone, Copy
from apps.analytics.columns.making import ANNOUNCE_LOCK, make_span
from apps.analytics.columns.stores import chosen, configured
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import QueryTooSlow

log = structlog.get_logger(__name__)

# By then nearly all visits that began before midnight are over, and nearly all late events are in.
DAY_CLOSES, MONTH_CLOSES = timedelta(hours=1), timedelta(days=2)
_DAY = timedelta(days=1)
_LOCKS = {FILES: 1, CLICKHOUSE: 2}
Span = tuple[datetime, datetime]
_LARGE = """
SELECT r.site_id, f.first, o.time_zone FROM analytics_rollup r
JOIN accounts_organization o ON o.id = r.organization_id
CROSS JOIN LATERAL (SELECT min(started_at) AS first FROM analytics_session s WHERE s.site_id = r.site_id) f
WHERE r.dim = 0 AND r.grain = 3 AND f.first IS NOT NULL
GROUP BY r.site_id, f.first, o.time_zone HAVING sum(r.sessions) >= %s
ORDER BY r.site_id
"""


def wanted(first: datetime, now: datetime) -> list[Span]:
    """The spans that hold everything from a site's first visit to the last day that is over, newest first. They begin
    and end at midnights of the clock that `first` is told by, so that they hold whole days of their organization."""
    closed = (now - DAY_CLOSES).astimezone(first.tzinfo).date()
    months_until = (now - MONTH_CLOSES).astimezone(first.tzinfo).date().replace(day=1)
    day, edges = first.date().replace(day=1), []
    while day < months_until:
        edges.append((day, _next_month(day)))
        day = _next_month(day)
    day = max(day, first.date())
    while day < closed:
        edges.append((day, day + _DAY))
        day += _DAY
    return [(_midnight(start, first), _midnight(until, first)) for start, until in reversed(edges)]


def ready(connection: Any, store: ColumnStore) -> dict[tuple[int, datetime, datetime], Copy]:
    """The copies in use of a store, by (site, start, until)."""
    rows = connection.execute(
        f"SELECT site_id, start, until, organization_id, name, {', '.join(TABLES)} FROM analytics_columnspan"
        " WHERE store = %s AND ready AND NOT stale", [store.key],
    ).fetchall()
    return {
        (site, start, until): Copy(organization, site, name, tuple(counts))
        for site, start, until, organization, name, *counts in rows
    }


def missing(connection: Any, now: datetime, store: ColumnStore | None = None) -> list[tuple[int, datetime, datetime]]:
    """The spans to be made in a store, the chosen one unless told otherwise: (site, start, until). Raises CopiesGone
    and QueryTooSlow when the store does not say what it holds."""
    store = store or chosen()
    if store is None:
        return []
    known = ready(connection, store)
    there = {copy.name for copy in store.complete(list(known.values()))}
    return [
        (site, *span) for site, first in _large_sites(connection) for span in wanted(first, now)
        if (site, *span) not in known or known[site, *span].name not in there
    ]


def keep(connection: Any, now: datetime, seconds: float, store: ColumnStore | None = None) -> dict[str, int]:
    """Make what is missing, for so many seconds, and take away what is no longer wanted, over a connection that sees
    every tenant. Does nothing while another process is at it. Raises CopiesGone and QueryTooSlow when the store does
    not answer."""
    store = store or chosen()
    if store is None:
        return {}
    lock = [ANNOUNCE_LOCK, _LOCKS[store.place]]
    if not connection.execute("SELECT pg_try_advisory_lock(%s, %s)", lock).fetchone()[0]:
        return {}
    try:
        until = time.monotonic() + seconds
        made = 0
        for site, start, end in missing(connection, now, store):
            if time.monotonic() > until:
                break
            made += make_span(connection, site, start, end, store)
        forgotten = _forget(connection, now, store)
        return {"made": made, "forgotten": forgotten, "swept": sweep(connection)}
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def sweep(connection: Any) -> int:
    """Take every copy away that is not in use or being made, out of every store; returns how many went. What was erased
    is gone after this, except from a store that cannot be reached, which is swept the next time. Copies of an earlier
    layout are in use no more."""
    connection.execute("DELETE FROM analytics_columnspan WHERE store <> ALL(%s)", [list(KEYS)])
    gone = 0
    for store in configured():
        try:
            held = list(store.held())  # before the names are read: what is begun meanwhile is among those
            rows = connection.execute("SELECT name FROM analytics_columnspan WHERE NOT stale").fetchall()
            wanted_names = {name for (name,) in rows}
            for copy in held:
                if copy.name not in wanted_names:
                    store.remove(copy)
                    gone += 1
        except (CopiesGone, QueryTooSlow) as error:
            log.warning("columns.not_swept", store=store.place, error=str(error))
    files.prune()
    return gone


def _forget(connection: Any, now: datetime, store: ColumnStore) -> int:
    """Rows of spans that are not wanted: those of sites that have too few visits, days that have become part of a month
    and spans of another clock; of these whatever is still of use stays until all that replaces it is ready."""
    wanted_ = {site: wanted(first, now) for site, first in _large_sites(connection)}
    rows = connection.execute(
        "SELECT id, site_id, start, until, ready AND NOT stale FROM analytics_columnspan WHERE store = %s", [store.key]
    ).fetchall()
    there = {(site, start, until) for _, site, start, until, usable in rows if usable}
    unwanted = [
        row for row, site, start, until, usable in rows
        if (start, until) not in wanted_.get(site, ())
        and (not usable or all((site, a, b) in there for a, b in wanted_.get(site, ()) if a < until and start < b))
    ]
    connection.execute("DELETE FROM analytics_columnspan WHERE id = ANY(%s)", [unwanted])
    return len(unwanted)


def _large_sites(connection: Any) -> Iterator[tuple[int, datetime]]:
    """Each with its first visit, by the clock of its organization."""
    for site, first, zone in connection.execute(_LARGE, [settings.COLUMNS_FROM_VISITS]).fetchall():
        yield site, first.astimezone(ZoneInfo(zone))


def _midnight(day: date, clock: datetime) -> datetime:
    return midnight(day, clock.tzinfo).astimezone(UTC)  # type: ignore[arg-type]


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
