"""Figures of whole days that were counted elsewhere, into the rollups; and imports taken back."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from apps.analytics.enums import EventFlag, StoreGrain
from apps.analytics.history.outcomes import DayRow
from apps.analytics.pipeline.folding import fold_closed_periods
from apps.analytics.pipeline.import_limits import start_of
from apps.analytics.pipeline.postgres import MEASURES

PIECE = 20_000
SECONDS = 0.5
_WHOLE = [name for name in MEASURES if name != "revenue"]
_ADD = f"""
INSERT INTO analytics_rollup AS r (organization_id, site_id, grain, dim, bucket, value, {', '.join(_WHOLE)}, revenue)
SELECT %s, %s, {int(StoreGrain.DAY)}, d, to_timestamp(b / 1000.0), v, {', '.join(_WHOLE)}, revenue
FROM unnest(%s::smallint[], %s::bigint[], %s::text[], {', '.join(['%s::bigint[]'] * len(_WHOLE))}, %s::numeric[])
    AS t (d, b, v, {', '.join(_WHOLE)}, revenue)
ON CONFLICT (site_id, dim, grain, bucket, value) DO UPDATE SET
    {', '.join(f'{name} = r.{name} + excluded.{name}' for name in MEASURES)}
"""
_LONGER = (int(StoreGrain.WEEK), int(StoreGrain.MONTH))
_IMPORTED = int(EventFlag.IMPORTED)
# From when to when the events of an import are.
SPAN = """SELECT min(time), max(time) FROM analytics_event
WHERE site_id = %s AND flags & %s <> 0 AND received_at = to_timestamp(%s / 1000.0)"""


class DayRows:
    """Adds rows up and writes them in one statement."""

    def __init__(self, connection: Any, work: Any) -> None:
        self._connection, self._work = connection, work

    def add(self, rows: list[DayRow]) -> None:
        """Add to what is stored; remembers at the import which days it has written."""
        sums: dict[tuple[int, int, str], dict[str, Any]] = {}
        for row in rows:
            key = (row.dimension, start_of(self._work.clock, row), row.value)
            found = sums.setdefault(key, dict.fromkeys(MEASURES, 0))
            for name, figure in row.figures.items():
                found[name] += figure
        keys, figures = sorted(sums), [sums[key] for key in sorted(sums)]
        self._connection.execute(_ADD, [
            self._work.organization_id, self._work.site_id, *([key[at] for key in keys] for at in range(3)),
            *([int(row[name]) for row in figures] for name in _WHOLE), [Decimal(row["revenue"]) for row in figures],
        ])
        self._work.buckets = sorted({*self._work.buckets, *(key[1] for key in keys)})


def finish_days(connection: Any, site_id: int) -> None:
    """Add days up into weeks and months anew."""
    connection.execute("DELETE FROM analytics_rollup WHERE site_id = %s AND grain = ANY(%s)", [site_id, list(_LONGER)])
    connection.execute("DELETE FROM analytics_foldedperiod WHERE site_id = %s", [site_id])
    fold_closed_periods(connection, [site_id])


def take_back_days(connection: Any, site_id: int, work: Any) -> None:
    """Remove the figures an import wrote; the site's events begin where they did when no other such import is left."""
    connection.execute(
        "DELETE FROM analytics_rollup WHERE site_id = %s AND grain = %s AND bucket IN"
        " (SELECT to_timestamp(b / 1000.0) FROM unnest(%s::bigint[]) b)", [site_id, int(StoreGrain.DAY), work.buckets],
    )
    connection.execute(
        "UPDATE analytics_site SET events_from = NULL WHERE id = %(site)s"
        " AND events_from = to_timestamp(%(until)s / 1000.0)"
        " AND NOT EXISTS (SELECT 1 FROM analytics_import i WHERE i.site_id = %(site)s AND i.id <> %(id)s"
        " AND i.kind IN ('plausible', 'ga4') AND i.buckets <> '[]' AND i.state <> 'undone')"
        " AND NOT EXISTS (SELECT 1 FROM analytics_rollup WHERE site_id = %(site)s AND grain = 3"
        " AND bucket < events_from)", {"site": site_id, "until": work.limits.get("until", -1), "id": work.id},
    )
    finish_days(connection, site_id)


def take_back_events(connection: Any, site_id: int, stamp: int) -> bool:
    """Remove the events of an import piece by piece, with the visits that nothing is left of; returns whether all are
    gone. Within the caller's transaction."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        gone = connection.execute(
            "DELETE FROM analytics_event WHERE (id, time) IN (SELECT id, time FROM analytics_event"
            " WHERE site_id = %s AND flags & %s <> 0 AND received_at = to_timestamp(%s / 1000.0) LIMIT %s)"
            " RETURNING session_id", [site_id, _IMPORTED, stamp, PIECE],
        ).fetchall()
        visits = list({row[0] for row in gone})
        empty = (
            "NOT EXISTS (SELECT 1 FROM analytics_event e WHERE e.site_id = %s AND e.session_id = s.id"
            " AND e.time BETWEEN s.started_at AND s.last_at)"
        )
        left = connection.execute(
            f"DELETE FROM analytics_session s WHERE s.id = ANY(%s) AND {empty} RETURNING s.id", [visits, site_id]
        ).fetchall()
        connection.execute(
            "DELETE FROM analytics_companyvisit WHERE session_id = ANY(%s)", [[row[0] for row in left]]
        )
        if len(gone) < PIECE:
            return True
    return False


