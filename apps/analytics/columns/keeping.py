"""Which spans there ought to be, and keeping them so: a copy a month, and a copy a day for the days since.

A span that visits were changed in is made anew within minutes; until then PostgreSQL answers for it. What no row
names any more is taken away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings

from apps.analytics.columns import files
from apps.analytics.columns.contracts import TABLES, ColumnStore, CopiesGone, Copy
from apps.analytics.columns.making import ANNOUNCE_LOCK, make_span
from apps.analytics.columns.stores import chosen, configured

log = structlog.get_logger(__name__)

# By then nearly all visits that began before midnight are over, and nearly all late events are in.
DAY_CLOSES, MONTH_CLOSES = timedelta(hours=1), timedelta(days=2)
_DAY = timedelta(days=1)
_LOCKS = {"files": 1, "clickhouse": 2}
Span = tuple[datetime, datetime]
_LARGE = """
SELECT r.site_id, f.first FROM analytics_rollup r
CROSS JOIN LATERAL (SELECT min(started_at) AS first FROM analytics_session s WHERE s.site_id = r.site_id) f
WHERE r.dim = 0 AND r.grain = 3 AND f.first IS NOT NULL GROUP BY r.site_id, f.first HAVING sum(r.sessions) >= %s
ORDER BY r.site_id
"""


def wanted(first: datetime, now: datetime) -> list[Span]:
    """The spans that hold everything from a site's first visit to the last day that is over, newest first."""
    closed = _midnight(now - DAY_CLOSES)
    months_until = _month(_midnight(now - MONTH_CLOSES))
    start = _month(first)
    spans = []
    while start < months_until:
        spans.append((start, _next_month(start)))
        start = _next_month(start)
    start = max(start, _midnight(first))
    while start < closed:
        spans.append((start, start + _DAY))
        start += _DAY
    return spans[::-1]


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
    when the store cannot say what it holds."""
    store = store or chosen()
    if store is None:
        return []
    known = ready(connection, store)
    there = {copy.name for copy in store.complete(list(known.values()))}
    return [
        (site, *span) for site, first in _large_sites(connection) for span in wanted(first.astimezone(UTC), now)
        if (site, *span) not in known or known[site, *span].name not in there
    ]


def keep(connection: Any, now: datetime, seconds: float, store: ColumnStore | None = None) -> dict[str, int]:
    """Make what is missing, for so many seconds, and take away what is no longer wanted, over a connection that sees
    every tenant. Does nothing while another process is at it. Raises CopiesGone when the store cannot be reached."""
    store = store or chosen()
    if store is None:
        return {}
    lock = [ANNOUNCE_LOCK, _LOCKS[store.key]]
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
    is gone after this, except from a store that cannot be reached, which is swept the next time."""
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
        except CopiesGone as error:
            log.warning("columns.not_swept", store=store.key, error=str(error))
    files.prune()
    return gone


def _forget(connection: Any, now: datetime, store: ColumnStore) -> int:
    """Rows of spans that are not wanted: days that have become part of a month (once that is ready, for until then they
    are still of use), and those of sites that have too few visits."""
    large = dict(_large_sites(connection))
    keep_ = {(site, *span) for site, first in large.items() for span in wanted(first.astimezone(UTC), now)}
    rows = connection.execute(
        "SELECT id, site_id, start, until, ready AND NOT stale FROM analytics_columnspan WHERE store = %s", [store.key]
    ).fetchall()
    months = {(site, start) for _, site, start, until, usable in rows if usable and until - start > _DAY}
    unwanted = [
        row for row, site, start, until, _ in rows
        if (site, start, until) not in keep_ and (site not in large or (site, _month(start)) in months)
    ]
    connection.execute("DELETE FROM analytics_columnspan WHERE id = ANY(%s)", [unwanted])
    return len(unwanted)


def _large_sites(connection: Any) -> Iterator[tuple[int, datetime]]:
    yield from connection.execute(_LARGE, [settings.COLUMNS_FROM_VISITS]).fetchall()


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(moment: datetime) -> datetime:
    return _midnight(moment).replace(day=1)


def _next_month(first: datetime) -> datetime:
    return _month(first + timedelta(days=32))
