"""Questions under filters about a year of twelve million events: the whole page, a funnel, and both tiers side by side.

Wall time is what people wait for; seconds of CPU are told beside it, because they depend less on what else runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.analytics import source
from apps.analytics.columns.keeping import missing
from apps.analytics.columns.making import make_span
from apps.analytics.columns.spans import plan
from apps.analytics.database import connect
from apps.analytics.models import Site
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.selectors import journeys
from apps.analytics.selectors.journeys import Match, Rule, RuleKind
from apps.core.tenancy import tenant
from apps.metrics.contracts import Filter, Operator, Query, Window
from tests.benchmarks import traffic, year
from tests.benchmarks.machine import say
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, DAYS = int(os.environ.get("BENCH_YEAR_EVENTS", "12_000_000")), 365
TWO = (Filter("device", Operator.IS, ("mobile",)), Filter("country", Operator.IS, ("DE",)))
STEPS = (
    Rule(RuleKind.ENTRY, Match.STARTS, ("/page/",)), Rule(RuleKind.PAGE, Match.CONTAINS, ("/page/1",)),
    Rule(RuleKind.EVENT, Match.IS, ("leave",)), Rule(RuleKind.EVENT, Match.IS, ("signup",)),
    Rule(RuleKind.EVENT, Match.IS, ("purchase",)),
)


def made(end: datetime) -> Site:
    """The site, its year, its rollups and its files."""
    site = SiteFactory(organization=OrganizationFactory(slug="year"), script_id="yearyearyear", domains=[traffic.HOST],
                       detected_at=end)
    say("events of the year", EVENTS, "")
    with connect() as store:
        began = time.perf_counter()
        year.fill(store, site.organization_id, site.id, EVENTS, DAYS, end)
        with store.transaction():
            rebuild_site(store, site.id)
        store.execute("VACUUM ANALYZE analytics_rollup")
        say("the year stored and counted, not a figure of the product", time.perf_counter() - began, "s")
        began = time.perf_counter()
        for site_id, start, until in missing(store, datetime.now(UTC)):
            assert make_span(store, site_id, start, until)
        say("column files of the year made", EVENTS / (time.perf_counter() - began), "events/s")
    return site


def timed(ask: Callable[[], Any], times: int = 5) -> tuple[float, float]:
    """Milliseconds of the clock and of this process' CPU: the middle and the least of some times."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return sorted(walls)[times // 2], min(cpus)


def told(name: str, ask: Callable[[], Any], bound: float) -> None:
    wall, cpu = timed(ask)
    say(name, wall, "ms", bound, less=True)
    say("  of this process' CPU", cpu, "ms")


def test_a_year_under_filters(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    settings.COLUMNS_DIR = str(tmp_path / "columns")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    site = made(end)
    client = Client()
    member = UserFactory()
    MembershipFactory(user=member, organization=site.organization, role="owner")
    client.force_login(member)
    page = f"/o/year/traffic/{site.script_id}/?range=12m"

    def opened(address: str, *, fresh: bool) -> None:
        if fresh:
            cache.clear()
        answer = client.get(address)
        assert answer.status_code == 200
        assert b"panel-pages" in answer.content

    filtered = f"{page}&f=device:is:mobile&f=country:is:DE"
    told(f"site page, 12 months of {EVENTS / 1e6:g} M events, two filters", lambda: opened(filtered, fresh=True), 500)
    told("  the same from the cache", lambda: opened(filtered, fresh=False), 150)
    told("site page without filters", lambda: opened(page, fresh=True), 250)
    _funnel(site, end)
    _side_by_side(site, end)


def _funnel(site: Site, end: datetime) -> None:
    zone = site.organization.tz
    month = Query((), Window(end - timedelta(days=30), end, zone), (site.organization_id,), (site.id,))
    with tenant(site.organization_id):
        told(
            f"funnel of 5 steps, 30 days of {EVENTS * 30 / DAYS / 1e6:.1f} M events",
            lambda: journeys.funnel(month, STEPS, timedelta(days=1)), 800,
        )


def _side_by_side(site: Site, end: datetime) -> None:
    """Three months, which PostgreSQL can answer as well within its five seconds."""
    names = ("visitors", "sessions", "pageviews", "revenue")
    window = Window(end - timedelta(days=90), end, site.organization.tz)
    query = Query(names, window, (site.organization_id,), (site.id,), TWO)
    asked = source.TrafficSource()
    questions: dict[str, Callable[[], Any]] = {
        "totals": lambda: asked.totals(query),
        "channels": lambda: asked.breakdown(query, "channel", order="visitors", limit=8),
        "pages": lambda: asked.breakdown(query, "page", order="visitors", limit=8),
    }
    with tenant(site.organization_id), pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "FILTERED_SECONDS", 120)
        for name, ask in questions.items():
            patch.setattr(source, "plan", plan)
            (columns, cpu), quick = timed(ask, 3), ask()
            patch.setattr(source, "plan", lambda query, cursor: None)
            rows, slow = timed(ask, 3)[0], ask()
            assert quick == slow
            say(f"{name}, 90 days under two filters: column files", columns, "ms")
            say("  of this process' CPU", cpu, "ms")
            say(f"{name}, 90 days under two filters: PostgreSQL's visits / column files", rows / columns, "times", 3)
