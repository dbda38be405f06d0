"""What the pages of a site ask of the store: 30 days of a million events, a year of twelve million."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection

from apps.analytics.database import connect
from apps.analytics.enums import BREAKDOWNS
from apps.analytics.models import Site
from apps.analytics.pipeline.clock import at_ms
from apps.analytics.pipeline.core import Core
from apps.analytics.pipeline.folding import fold_closed_periods
from apps.analytics.pipeline.hits import Envelope
from apps.analytics.pipeline.loading import process_events
from apps.analytics.source import TrafficSource
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import Filter, Grain, Operator, Query, Window
from tests.benchmarks import traffic
from tests.benchmarks.machine import say
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, DAYS = 1_000_000, 30
MEASURES = (
    "visitors", "sessions", "pageviews", "events", "bounces", "engaged_s", "duration_s", "conversions", "orders",
    "revenue",
)
_EARLIER = """
INSERT INTO analytics_rollup (organization_id, site_id, grain, dim, bucket, value, visitors, sessions, pageviews,
    events, bounces, engaged_ms, duration_s, conversions, orders, revenue)
SELECT organization_id, site_id, grain, dim, (bucket AT TIME ZONE 'Europe/Berlin' - make_interval(days => %s))
    AT TIME ZONE 'Europe/Berlin', value, visitors, sessions, pageviews, events, bounces, engaged_ms, duration_s,
    conversions, orders, revenue
FROM analytics_rollup WHERE site_id = %s AND grain = 3 AND bucket >= %s ON CONFLICT DO NOTHING
"""


def loaded() -> tuple[Site, float]:
    """A site with a million events, and how many a second were taken in."""
    site = SiteFactory(organization=OrganizationFactory(slug="bench"), script_id="benchbench00", domains=[traffic.HOST])
    end = datetime.now(UTC)
    rows = [
        Envelope(number, at_ms(at), site.id, 0, person.ip, person.agent, orjson.dumps(event))
        for number, (at, person, event) in enumerate(traffic.history(7, site.script_id, EVENTS, DAYS, end))
    ]
    with connect() as store:
        began = time.perf_counter()
        assert process_events(Core(store), rows, batch=5000) == EVENTS
        rate = EVENTS / (time.perf_counter() - began)
        fold_closed_periods(store, [site.id])
    return site, rate


def questions(site: Site, days: int, filters: tuple[Filter, ...] = ()) -> dict[str, Callable[[], Any]]:
    """Everything a site's page asks: figures and their comparison, the chart, the week's heat, every breakdown."""
    zone = site.organization.tz
    end = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    start = end - timedelta(days=days)
    source = TrafficSource()

    def query(names: tuple[str, ...], first: datetime = start, last: datetime = end, grain: Grain = Grain.DAY) -> Query:
        return Query(names, Window(first, last, zone, grain), (site.organization_id,), (site.id,), filters)

    earlier = (start - timedelta(days=days), start)
    asked: dict[str, Callable[[], Any]] = {
        "totals": lambda: source.totals(query(MEASURES)),
        "totals before": lambda: source.totals(query(MEASURES, *earlier)),
        "series": lambda: source.series(query(MEASURES)),
        "series before": lambda: source.series(query(MEASURES, *earlier)),
        "week by hour": lambda: source.breakdown(query(("visitors",)), "week_hour", order="visitors", limit=200),
    }
    for dimension in BREAKDOWNS:
        asked[dimension.key] = lambda by=dimension.key: source.breakdown(
            query(("visitors", "pageviews")), by, order="visitors", limit=10
        )
    return asked


def milliseconds(
    site: Site, days: int, filters: tuple[Filter, ...] = (), only: tuple[str, ...] = ()
) -> dict[str, float]:
    """The middle of five times for each question, or for some."""
    with tenant(site.organization_id):
        found = {}
        for name, ask in questions(site, days, filters).items():
            if only and name not in only:
                continue
            times = []
            for _ in range(5):
                began = time.perf_counter()
                ask()
                times.append((time.perf_counter() - began) * 1000)
            found[name] = sorted(times)[2]
    return found


def test_a_site_page(transactional_db: None) -> None:
    site, rate = loaded()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say("events of the past taken in, clock set back", rate, "/s", 25_000)
    month = milliseconds(site, DAYS)
    say("30 days of 1 M events: all panels and tabs of a site", sum(month.values()), "ms", 100, less=True)
    for name, spent in sorted(month.items(), key=lambda item: -item[1])[:5]:
        say(f"  {name}", spent, "ms")
    phones = (Filter("device", Operator.IS, ("mobile",)),)
    for name, spent in milliseconds(site, DAYS, phones, ("totals", "channel", "page")).items():
        say(f"  {name}, filtered by device (from visits, not rollups)", spent, "ms")

    with connection.cursor() as cursor, every_tenant():
        for back in range(1, 13):
            start = datetime.now(UTC) - timedelta(days=DAYS)
            cursor.execute(_EARLIER, [back * DAYS, site.id, start])
    with connect() as store:
        store.execute("DELETE FROM analytics_foldedperiod")
        fold_closed_periods(store, [site.id])
        store.execute("VACUUM ANALYZE analytics_rollup")
    year = milliseconds(site, 365)
    say("365 days of 12 M events: all panels and tabs of a site", sum(year.values()), "ms", 150, less=True)
    for name, spent in sorted(year.items(), key=lambda item: -item[1])[:5]:
        say(f"  {name}", spent, "ms")
