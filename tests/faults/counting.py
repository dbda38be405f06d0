"""What is left, counted plainly from the stored rows, beside what the pipeline has counted as it went."""

from __future__ import annotations

from typing import Any

import psycopg

from apps.analytics.enums import Dimension, EventFlag, StoreGrain
from apps.analytics.pipeline.marks import event_mark

ROW = ("pageviews", "events", "engaged_ms", "conversions", "orders", "revenue")
_MEASURES = f"""count(*) FILTER (WHERE name = 'pageview'), count(*), coalesce(sum(engaged_ms), 0),
    count(*) FILTER (WHERE flags & {int(EventFlag.CONVERSION)} > 0), count(*) FILTER (WHERE name = 'purchase'),
    coalesce(sum(revenue), 0)"""
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in ROW)


class Counter:
    """Reads the store of one site with a connection that sees everything."""

    def __init__(self, url: str, site_id: int) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("SELECT set_config('mainstay.orgs', '*', false)")
        self.site = site_id

    def ask(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement about the site, whose id is its first parameter."""
        return self.connection.execute(sql, [self.site, *params]).fetchall()

    def waiting(self) -> int:
        """Requests that are accepted and not counted yet."""
        return int(self.ask("SELECT count(*) FROM analytics_inbox WHERE site_id = %s OR origin = 2")[0][0])

    def lost_and_doubled(self, event_ids: list[str]) -> tuple[int, int, int]:
        """Of these events: how many are not stored, how many more than once; and how many others there are."""
        marks = {event_mark(self.site, one) for one in event_ids}
        found = dict(self.ask("SELECT id, count(*) FROM analytics_event WHERE site_id = %s GROUP BY id"))
        doubled = sum(count > 1 for count in found.values())
        return len(marks - found.keys()), doubled, len(found.keys() - marks)

    def events(self) -> dict[str, Any]:
        """Plain totals over stored events."""
        row = self.ask(f"SELECT {_MEASURES} FROM analytics_event WHERE site_id = %s")[0]
        return dict(zip(ROW, row, strict=True))

    def sessions(self) -> dict[str, Any]:
        """Totals over stored sessions."""
        return dict(zip(ROW, self.ask(f"SELECT {_SUMS} FROM analytics_session WHERE site_id = %s")[0], strict=True))

    def rollups(self, dimension: Dimension, grain: StoreGrain) -> dict[str, Any]:
        """Totals over the rows of a dimension and grain."""
        sql = f"SELECT {_SUMS} FROM analytics_rollup WHERE site_id = %s AND dim = %s AND grain = %s"
        return dict(zip(ROW, self.ask(sql, int(dimension), int(grain))[0], strict=True))

    def uneven_sessions(self) -> int:
        """Sessions whose counts are not those of their events, and events of sessions that are not there."""
        sql = """SELECT count(*) FROM
            (SELECT session_id AS id, count(*) AS events, count(*) FILTER (WHERE name = 'pageview') AS views
             FROM analytics_event WHERE site_id = %s GROUP BY 1) e
            FULL JOIN (SELECT id, events, pageviews FROM analytics_session WHERE site_id = %s) s USING (id)
            WHERE (e.events, e.views) IS DISTINCT FROM (s.events, s.pageviews)"""
        return int(self.ask(sql, self.site)[0][0])

    def uniques(self) -> dict[str, tuple[int, int]]:
        """Visitors and sessions, plainly and from the rows of days."""
        plain = self.ask(
            "SELECT count(DISTINCT (visitor, (time AT TIME ZONE s.zone)::date)) FROM analytics_event,"
            " (SELECT time_zone AS zone FROM accounts_organization o JOIN analytics_site t ON t.organization_id = o.id"
            "  WHERE t.id = %s) s WHERE site_id = %s",
            self.site,
        )
        sessions = self.ask("SELECT count(*) FROM analytics_session WHERE site_id = %s")
        sql = "SELECT sum(visitors), sum(sessions) FROM analytics_rollup WHERE site_id = %s AND dim = 0 AND grain = %s"
        counted = self.ask(sql, int(StoreGrain.DAY))[0]
        return {"visitors": (plain[0][0], counted[0]), "sessions": (sessions[0][0], counted[1])}
