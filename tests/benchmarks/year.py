"""A year of a large site, put straight into the tables: visits and events that agree with each other, and nothing
else. Chance is seeded by the month, so that every run stores the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apps.analytics.pipeline.clock import at_ms
from apps.analytics.pipeline.partitions import Partitions, next_month

PER_VISIT = 5
# Few of everything get most of the visits: the cube of a chance, spread over so many.
_SKEWED = "({n} * power(random(), 3))::int"


def _one_of(*words: str) -> str:
    """A word by chance; words may repeat."""
    return f"(ARRAY[{', '.join(repr(word) for word in words)}])[1 + floor(random() * {len(words)})::int]"


_CHANNELS = ("direct", "direct", "direct", "organic_search", "organic_search", "organic_search", "paid_search",
             "organic_social", "paid_social", "email", "referral", "ai_assistants")
_COUNTRIES = ("DE",) * 10 + ("AT", "AT", "CH", "CH", "US", "US", "US", "GB", "GB", "FR", "FR", "ES", "NL", "PL", "IT",
                             "SE", "DK", "JP", "BR", "IN", "")
_VISITS = f"""
CREATE TEMP TABLE year_visit AS
SELECT n AS number, hashint8extended(n, %(seed)s) AS id,
    CASE WHEN cookie THEN hashint8extended(who, 7) ELSE hashint8extended(who, (extract(epoch FROM at) / 86400)::bigint)
    END AS visitor,
    cookie, at AS started_at, 1 + floor(random() * {2 * PER_VISIT - 1})::int AS size,
    '/page/' || {_SKEWED.format(n=3200)} AS entry_page, {_one_of(*_CHANNELS)} AS channel,
    'source' || {_SKEWED.format(n=200)} AS source, {_one_of("", "", "organic", "cpc", "email", "social")} AS medium,
    {_one_of(*("",) * 6, "spring", "summer", "newsletter", "retargeting")} AS campaign,
    'blog' || {_SKEWED.format(n=500)} || '.example/post' AS referrer, {_one_of(*_COUNTRIES)} AS country,
    'Region ' || {_SKEWED.format(n=300)} AS region, 'City ' || {_SKEWED.format(n=2500)} AS city,
    {_one_of("mobile", "mobile", "mobile", "desktop", "desktop", "tablet")} AS device,
    {_one_of("Chrome", "Chrome", "Chrome", "Safari", "Safari", "Firefox", "Edge", "Samsung Internet")} AS browser,
    {_one_of("Windows", "Windows", "iOS", "Android", "Android", "macOS", "Linux")} AS os,
    {_one_of("1920×1080", "390×844", "1440×900", "412×915", "2560×1440", "360×800")} AS screen,
    {_one_of("de", "de", "de", "en", "en", "fr", "es", "pl")} AS language
FROM (
    SELECT n, (random() * 300000)::bigint AS who, random() < 0.3 AS cookie,
        %(start)s + date_trunc('milliseconds', random() * (%(end)s - %(start)s)) AS at
    FROM generate_series(1, %(visits)s) n
) chance
"""
_EVENTS = """
CREATE TEMP TABLE year_event AS
SELECT hashint8extended(number * 16 + place, %(seed)s + 1) AS id, visit, visitor, cookie,
    started_at + place * interval '41 seconds' AS time, path,
    CASE WHEN place = 0 OR roll < 0.6 THEN 'pageview' WHEN roll < 0.9 THEN 'leave' WHEN roll < 0.98 THEN 'signup'
        ELSE 'purchase' END AS name, place, roll
FROM (
    SELECT v.number, v.id AS visit, v.visitor, v.cookie, v.started_at, place, random() AS roll,
        CASE WHEN place = 0 THEN v.entry_page ELSE '/page/' || (3200 * power(random(), 3))::int END AS path
    FROM year_visit v CROSS JOIN LATERAL generate_series(0, v.size - 1) place
) chance
"""
_STORE_EVENTS = """
INSERT INTO analytics_event (id, organization_id, site_id, time, received_at, session_id, visitor, name, host, path,
    title, referrer, uid, order_id, revenue, currency, engaged_ms, scroll, flags, props)
SELECT id, %(org)s, %(site)s, time, time, visit, visitor, name, 'shop.example', path, 'Page', '', '',
    CASE WHEN name = 'purchase' THEN 'o' || id ELSE '' END,
    CASE WHEN name = 'purchase' THEN (5 + floor(roll * 10000)::int % 300) + 0.5 END,
    CASE WHEN name = 'purchase' THEN 'EUR' ELSE '' END, CASE WHEN name = 'leave' THEN (roll * 60000)::int ELSE 0 END,
    CASE WHEN name = 'leave' THEN 50 END, CASE WHEN name = 'purchase' THEN 1 ELSE 0 END + CASE WHEN cookie THEN 32
    ELSE 0 END, CASE WHEN name = 'signup' THEN jsonb_build_object('plan', CASE WHEN roll < 0.95 THEN 'free' ELSE 'pro'
    END, 'seats', 1 + floor(roll * 1000)::int %% 5) END
FROM year_event ORDER BY time
""".replace("::int % 300", "::int %% 300")
_STORE_VISITS = """
INSERT INTO analytics_session (id, organization_id, site_id, visitor, started_at, last_at, entry_at, exit_at,
    entry_page, exit_page, channel, source, medium, campaign, term, content, referrer, country, region, city, device,
    browser, os, screen, language, uid, pageviews, events, engaged_ms, conversions, orders, revenue, is_bounce, seen)
SELECT v.id, %(org)s, %(site)s, v.visitor, v.started_at, e.last_at, v.started_at, e.exit_at, v.entry_page, e.exit_page,
    channel, source, medium, campaign, '', '', referrer, country, region, city, device, browser, os, screen, language,
    '', e.pageviews, e.events, e.engaged, e.orders, e.orders, e.revenue, e.events = 1, ''
FROM year_visit v JOIN (
    SELECT visit, max(time) AS last_at, max(time) FILTER (WHERE name = 'pageview') AS exit_at, count(*) AS events,
        (array_agg(path ORDER BY time DESC) FILTER (WHERE name = 'pageview'))[1] AS exit_page,
        count(*) FILTER (WHERE name = 'pageview') AS pageviews,
        coalesce(sum((roll * 60000)::int) FILTER (WHERE name = 'leave'), 0) AS engaged,
        count(*) FILTER (WHERE name = 'purchase') AS orders,
        coalesce(sum((5 + floor(roll * 10000)::int %% 300) + 0.5) FILTER (WHERE name = 'purchase'), 0) AS revenue
    FROM year_event GROUP BY visit
) e ON e.visit = v.id ORDER BY v.started_at
"""


def fill(connection: Any, org_id: int, site_id: int, events: int, days: int, end: datetime) -> None:
    """Store so many events over so many days before `end`, over a connection that sees every tenant."""
    start = (end - timedelta(days=days)).astimezone(UTC)
    Partitions(connection).ensure(at_ms(start), at_ms(end))
    month, number = start, 0
    while month < end:
        until = min(next_month(month.replace(day=1)), end)
        visits = round(events / PER_VISIT * ((until - month) / (end - start)))
        number += 1
        params = {"org": org_id, "site": site_id, "start": month, "end": until, "visits": visits,
                  "seed": site_id * 100 + number}
        with connection.transaction():
            connection.execute("SELECT setseed(%s)", [1 / (number + 1)])
            connection.execute(_VISITS, params)
            for statement in (_EVENTS, "ANALYZE year_visit, year_event", _STORE_EVENTS, _STORE_VISITS):
                connection.execute(statement, params if "%(" in statement else None)
            connection.execute("DROP TABLE year_visit, year_event")
        month = until
    connection.execute("ANALYZE analytics_event, analytics_session")
