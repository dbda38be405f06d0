"""What is said of a site's events (doubts) and what became of them (flows), made true again when events are erased or
days begin elsewhere.

Doubts are counted anew from the events that are stored. Flows also tell of what was never stored, so they are kept:
what is erased is taken from them, and their days are added up from their hours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from apps.analytics.enrichment.addresses import normal_host
from apps.analytics.enrichment.faults import FLAGS
from apps.analytics.enums import Doubt, EventFlag, StoreGrain
from apps.analytics.pipeline.clock import at_ms, clock_of
from apps.analytics.pipeline.health import COLUMNS, MOST_DETAILS, REST, DoubtRow, add_doubts

_SITE = """SELECT o.id, o.time_zone, s.domains || s.cross_domains FROM analytics_site s JOIN accounts_organization o
    ON o.id = s.organization_id WHERE s.id = %s"""
_LEFT_OUT = int(EventFlag.TEST | EventFlag.IMPORTED)


def _having(flag: EventFlag) -> str:
    return f"e.flags & {int(flag)} <> 0"


_BOUGHT = "e.name = 'purchase'"
_LACKS = {
    "order_id": "e.order_id = ''", "revenue": "e.currency = ''", "currency": _having(EventFlag.CURRENCY_ASSUMED),
}
_BY_COOKIE = _having(EventFlag.COOKIES_ALLOWED)
_SAID: dict[tuple[str, str], str] = {
    (Doubt.EVENTS, ""): "true",
    (Doubt.BROWSER, ""): _BY_COOKIE,
    (Doubt.CONSENTED, ""): f"{_BY_COOKIE} AND {_having(EventFlag.CONSENTED)}",
    (Doubt.CLOCK, ""): _having(EventFlag.CLOCK_REPAIRED),
    (Doubt.MISSING, "url"): "e.path = '' AND e.name = 'pageview'",
    (Doubt.PURCHASES, ""): _BOUGHT,
    **{(Doubt.MISSING, name): f"{_BOUGHT} AND {lacking}" for name, lacking in _LACKS.items()},
    (Doubt.INCOMPLETE, ""): f"{_BOUGHT} AND ({' OR '.join(_LACKS.values())})",
    **{fault: _having(flag) for fault, flag in FLAGS.items()},
    (Doubt.UPPERCASE, ""): _having(EventFlag.CAMPAIGN_CAPITALS),
}
_EVENTS = f"""FROM analytics_event e WHERE e.site_id = %(site)s AND e.flags & {_LEFT_OUT} = 0
    AND e.time >= %(from)s GROUP BY day"""
_DAY = "(e.time AT TIME ZONE %(zone)s)::date AS day"
_COUNTED = f"SELECT {_DAY}, {', '.join(f'count(*) FILTER (WHERE {sql})' for sql in _SAID.values())} {_EVENTS}"
_HOSTS = f"SELECT {_DAY}, e.host, count(*) {_EVENTS.replace('GROUP BY', 'AND e.path <> {empty} GROUP BY')}, e.host" \
    .format(empty="''")
_TAKE = """
UPDATE analytics_siteflow f SET stored = greatest(f.stored - t.number, 0)
FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS t (grain, bucket, number)
WHERE f.site_id = %s AND f.grain = t.grain AND f.bucket = to_timestamp(t.bucket / 1000.0)
"""
_HOURS = f"""SELECT *, date_trunc('day', bucket, %(zone)s) AS day FROM analytics_siteflow
    WHERE site_id = %(site)s AND grain = {int(StoreGrain.HOUR)}"""
_REFOLD = f"""
WITH h AS MATERIALIZED ({_HOURS}), delays AS (
    SELECT day, array_agg(number ORDER BY place) AS delay FROM (
        SELECT h.day, w.place, sum(w.n)::bigint AS number FROM h, unnest(h.delay) WITH ORDINALITY AS w (n, place)
        GROUP BY h.day, w.place) sums GROUP BY day
)
INSERT INTO analytics_siteflow (organization_id, site_id, grain, bucket, {', '.join(COLUMNS)}, delay)
SELECT h.organization_id, h.site_id, {int(StoreGrain.DAY)}, h.day, {', '.join(f'sum(h.{name})' for name in COLUMNS)},
    coalesce(min(d.delay), '{{}}')
FROM h LEFT JOIN delays d USING (day) WHERE h.day >= %(from)s GROUP BY h.organization_id, h.site_id, h.day
"""
_FIRST = f"""
SELECT min(f.day), min(f.day) + interval '1 day',
    EXISTS (SELECT 1 FROM analytics_siteflow WHERE site_id = %(site)s AND grain = {int(StoreGrain.DAY)}
        AND bucket < min(f.bucket) - interval '1 day')
FROM ({_HOURS}) f
"""


def recount_doubts(connection: Any, site_id: int, since: datetime) -> None:
    """Count what is said of a site's events anew, within the caller's transaction; days before `since` stay.

    Which campaign parameter was in capitals is not kept of an event: it is named again where the days around knew of
    one only.
    """
    site = connection.execute(_SITE, [site_id]).fetchone()
    if site is None:
        return
    params = {"site": site_id, "zone": site[1], "from": since}
    names = _capitals(connection, site_id)
    rows: list[DoubtRow] = []
    for day, *counts in connection.execute(_COUNTED, params).fetchall():
        for (kind, detail), count in zip(_SAID, counts, strict=True):
            if count:
                told = _named(names, day) if kind == Doubt.UPPERCASE else detail
                rows.append((site_id, day, str(kind), told, site[0], count))
    hosts = connection.execute(_HOSTS, params).fetchall()
    rows += [(site_id, *key, site[0], count) for key, count in _hosts(hosts, site[2]).items()]
    connection.execute(
        "DELETE FROM analytics_sitedaydoubt WHERE site_id = %(site)s"
        " AND day >= (%(from)s::timestamptz AT TIME ZONE %(zone)s)::date", params,
    )
    add_doubts(connection, rows)


def _capitals(connection: Any, site_id: int) -> dict[date, set[str]]:
    rows = connection.execute(
        "SELECT day, array_agg(detail) FROM analytics_sitedaydoubt WHERE site_id = %s AND kind = %s GROUP BY day",
        [site_id, str(Doubt.UPPERCASE)],
    )
    return {day: set(names) for day, names in rows.fetchall()}


def _named(names: dict[date, set[str]], day: date) -> str:
    near = names.get(day) or set().union(*(names.get(day + timedelta(days=step), ()) for step in (-1, 1)))
    return next(iter(near)) if len(near) == 1 else ""


def _hosts(rows: Iterable[tuple[date, str, int]], own: Iterable[str]) -> dict[tuple[date, str, str], int]:
    """Events by day and host: own hosts, so many others, and the rest together."""
    mine = tuple(normal_host(host) for host in own)
    found: Counter[tuple[date, str, str]] = Counter()
    listed: defaultdict[date, int] = defaultdict(int)
    for day, host, count in sorted(rows, key=lambda row: (row[0], -row[2], row[1])):
        owned = host in mine or any(host.endswith(f".{name}") for name in mine)
        if owned or listed[day] < MOST_DETAILS:
            found[(day, str(Doubt.HOST), host[:100])] += count
        else:
            found[(day, str(Doubt.HOST), REST)] += count
        listed[day] += not owned
    return dict(found)


def take_from_flows(connection: Any, site_id: int, erased: Iterable[tuple[datetime, int]]) -> None:
    """Events that came at these moments, with these flags, are no longer among those that were counted."""
    site = connection.execute(_SITE, [site_id]).fetchone()
    if site is None:
        return
    clock = clock_of(site[1])
    found: Counter[tuple[int, int]] = Counter()
    for received, flags in erased:
        if flags & EventFlag.IMPORTED:
            continue
        at = at_ms(received)
        day = clock.day_of(at)
        found[(int(StoreGrain.MINUTE), at - at % 60_000)] += 1
        found[(int(StoreGrain.HOUR), day.hour_of(at))] += 1
        found[(int(StoreGrain.DAY), day.start)] += 1
    if found:
        grains, buckets = zip(*found, strict=True)
        connection.execute(_TAKE, [list(grains), list(buckets), list(found.values()), site_id])


def refold_flows(connection: Any, site_id: int, zone: str) -> None:
    """Add a site's hours up into days anew, as far back as whole days of hours are kept. An hour that two days share,
    after a change by half an hour, counts to the day in which it begins."""
    params = {"site": site_id, "zone": zone}
    first, second, has_older = connection.execute(_FIRST, params).fetchone()
    if first is None:
        return
    params["from"] = second if has_older else first
    # Without older days, the first day of the zone before may begin earlier than that of this one.
    params["gone"] = params["from"] - timedelta(days=0 if has_older else 1)
    connection.execute(
        f"DELETE FROM analytics_siteflow WHERE site_id = %(site)s AND grain = {int(StoreGrain.DAY)}"
        " AND bucket >= %(gone)s", params,
    )
    connection.execute(_REFOLD, params)
