"""Erasing one visitor: events, visits, what a server said of them; then the site's figures are counted again."""

from __future__ import annotations

from typing import Any

from apps.analytics.pipeline.enrich import user_mark
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.recount_health import take_from_flows


def erase_visitor(connection: Any, site_id: int, *, visitor: int | None = None, uid: str = "") -> dict[str, int]:
    """Erase by mark, or by the user id the site gave: then also every mark that was seen with it. Within the caller's
    transaction; returns how many events and visits went."""
    marks = [visitor] if visitor else []
    if uid:
        rows = connection.execute(
            "SELECT visitor FROM analytics_identity WHERE site_id = %(site)s AND uid = %(uid)s"
            " UNION SELECT visitor FROM analytics_event WHERE site_id = %(site)s AND uid = %(uid)s AND visitor <> 0",
            {"site": site_id, "uid": uid},
        )
        marks += [row[0] for row in rows.fetchall()] + [user_mark(site_id, uid)]
    params = {"site": site_id, "marks": marks, "uid": uid}
    # A visit over midnight has events under two marks.
    found = connection.execute(
        "SELECT DISTINCT visitor FROM analytics_session WHERE site_id = %(site)s AND id IN (SELECT session_id FROM"
        " analytics_event WHERE site_id = %(site)s AND visitor = ANY(%(marks)s))", params,
    )
    params["marks"] = list({*marks, *(row[0] for row in found.fetchall())})
    where = "site_id = %(site)s AND (visitor = ANY(%(marks)s) OR (uid <> '' AND uid = %(uid)s))"
    erased = connection.execute(
        f"DELETE FROM analytics_event WHERE {where} OR (site_id = %(site)s AND session_id IN"
        " (SELECT id FROM analytics_session WHERE site_id = %(site)s AND visitor = ANY(%(marks)s)))"
        " RETURNING received_at, flags", params,
    ).fetchall()
    take_from_flows(connection, site_id, erased)
    for table in ("companyvisit", "addresslookup"):
        connection.execute(
            f"DELETE FROM analytics_{table} WHERE session_id IN"
            f" (SELECT id FROM analytics_session WHERE {where})", params,
        )
    visits = connection.execute(f"DELETE FROM analytics_session WHERE {where}", params).rowcount
    connection.execute(f"DELETE FROM analytics_identity WHERE {where}", params)
    _erase_elsewhere(connection, params)
    rebuild_site(connection, site_id)
    return {"events": len(erased), "sessions": visits}


def _erase_elsewhere(connection: Any, params: dict[str, Any]) -> None:
    """What was kept for destinations, and what waits for them."""
    connection.execute(
        "DELETE FROM analytics_visitorclick WHERE site_id = %(site)s AND visitor = ANY(%(marks)s)", params
    )
    connection.execute(
        "DELETE FROM analytics_delivery y USING analytics_destination d WHERE d.id = y.destination_id"
        " AND d.site_id = %(site)s AND y.visitor = ANY(%(marks)s)", params,
    )
