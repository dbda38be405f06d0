"""Which spans there ought to be, and keeping them so: a file a month, and a file a day for the days since.

A span that visits were changed in is made anew within minutes; until then PostgreSQL answers for it. What no row
names any more is taken off the disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from apps.analytics.columns import files
from apps.analytics.columns.making import ANNOUNCE_LOCK, make_span

# By then nearly all visits that began before midnight are over, and nearly all late events are in.
DAY_CLOSES, MONTH_CLOSES = timedelta(hours=1), timedelta(days=2)
_DAY = timedelta(days=1)
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


def missing(connection: Any, now: datetime) -> list[tuple[int, datetime, datetime]]:
    """The spans to be made, (site, start, until)."""
    if files.root() is None:
        return []
    known = {
        (site, start, until): usable and files.complete(files.folder(org, site, name))
        for org, site, start, until, name, usable in connection.execute(
            "SELECT organization_id, site_id, start, until, name, ready AND NOT stale FROM analytics_columnspan"
        ).fetchall()
    }
    return [
        (site, *span) for site, first in _large_sites(connection) for span in wanted(first.astimezone(UTC), now)
        if not known.get((site, *span))
    ]


def keep(connection: Any, now: datetime, seconds: float) -> dict[str, int]:
    """Make what is missing, for so many seconds, and take away what is no longer wanted, over a connection that sees
    every tenant. Does nothing while another process is at it."""
    if not connection.execute("SELECT pg_try_advisory_lock(%s, 1)", [ANNOUNCE_LOCK]).fetchone()[0]:
        return {}
    try:
        until = time.monotonic() + seconds
        made = 0
        for site, start, end in missing(connection, now):
            if time.monotonic() > until:
                break
            made += make_span(connection, site, start, end)
        forgotten = _forget(connection, now)
        return {"made": made, "forgotten": forgotten, "swept": sweep(connection)}
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s, 1)", [ANNOUNCE_LOCK])


def sweep(connection: Any) -> int:
    """Take every file off the disk that is not in use or being made; returns how many spans went. What was erased is
    gone from the disk after this."""
    if files.root() is None:
        return 0
    rows = connection.execute("SELECT organization_id, site_id, name FROM analytics_columnspan WHERE NOT stale")
    places = [files.folder(*row) for row in rows.fetchall() if row[2]]
    return files.sweep([*places, *map(files.unfinished, places)])


def _forget(connection: Any, now: datetime) -> int:
    """Rows of spans that are not wanted: days that have become part of a month (once that is ready, for until then they
    are still of use), and those of sites that have too few visits."""
    large = dict(_large_sites(connection))
    keep_ = {(site, *span) for site, first in large.items() for span in wanted(first.astimezone(UTC), now)}
    rows = connection.execute(
        "SELECT id, site_id, start, until, ready AND NOT stale FROM analytics_columnspan"
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
