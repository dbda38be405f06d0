"""The same year, the same questions: copies in files and copies in ClickHouse, side by side.

ClickHouse runs inside a process behind an HTTP server of the tests (`tests.analytics.columns.house`), so its figures
hold a few milliseconds a question that a server does not need. What is told is how the two relate."""

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

from apps.analytics.columns.contracts import KEYS
from apps.analytics.columns.keeping import missing
from apps.analytics.columns.making import make_span
from apps.analytics.database import connect
from apps.analytics.models import ColumnSpan, Site
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.selectors import journeys
from apps.analytics.selectors.journeys import Match, Rule, RuleKind
from apps.analytics.source import TrafficSource
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import Filter, Operator, Query, Window
from tests.analytics.columns.fixtures import house, in_clickhouse  # noqa: F401 -- fixtures
from tests.benchmarks import year
from tests.benchmarks.machine import say
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, DAYS = int(os.environ.get("BENCH_CLICKHOUSE_EVENTS", "1_000_000")), 365
NAMES = ("visitors", "sessions", "pageviews", "revenue")
TWO = (Filter("device", Operator.IS, ("mobile",)), Filter("country", Operator.IS, ("DE",)))
STEPS = (
    Rule(RuleKind.ENTRY, Match.STARTS, ("/page/",)), Rule(RuleKind.PAGE, Match.CONTAINS, ("/page/1",)),
    Rule(RuleKind.EVENT, Match.IS, ("leave",)), Rule(RuleKind.EVENT, Match.IS, ("signup",)),
    Rule(RuleKind.EVENT, Match.IS, ("purchase",)),
)


def copied(site: Site) -> float:
    """Events a second while the year is copied into the store that is chosen."""
    began = time.perf_counter()
    with connect() as store:
        for site_id, start, until in missing(store, datetime.now(UTC)):
            assert make_span(store, site_id, start, until)
    return EVENTS / (time.perf_counter() - began)


def questions(site: Site, client: Client, end: datetime) -> dict[str, Callable[[], Any]]:
    zone, source = site.organization.tz, TrafficSource()
    window = Window(end - timedelta(days=DAYS - 1), end, zone)
    query = Query(NAMES, window, (site.organization_id,), (site.id,), TWO)
    month = Query((), Window(end - timedelta(days=30), end, zone), (site.organization_id,), (site.id,))

    def page() -> int:
        cache.clear()
        address = f"/o/year/traffic/{site.script_id}/?range=12m&f=device:is:mobile&f=country:is:DE"
        return client.get(address).status_code

    return {
        "totals": lambda: source.totals(query),
        "channels": lambda: source.breakdown(query, "channel", order="visitors", limit=8),
        "pages": lambda: source.breakdown(query, "page", order="visitors", limit=8),
        "funnel of 5 steps, 30 days": lambda: journeys.funnel(month, STEPS, timedelta(days=1)),
        "the whole page": page,
    }


def timed(ask: Callable[[], Any]) -> float:
    """Milliseconds of the clock: the least of three times, because other things run as well."""
    found = []
    for _ in range(3):
        began = time.perf_counter()
        ask()
        found.append((time.perf_counter() - began) * 1000)
    return min(found)


def asked(site: Site, client: Client, end: datetime) -> dict[str, tuple[float, Any]]:
    with tenant(site.organization_id):
        found = {}
        for name, ask in questions(site, client, end).items():
            ask()
            found[name] = (timed(ask), ask())
        return found


def test_files_and_clickhouse(
    transactional_db: None, settings: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings.COLUMNS_DIR = str(tmp_path / "columns")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    site = SiteFactory(organization=OrganizationFactory(slug="year"), script_id="yearyearyear", detected_at=end)
    with connect() as store:
        year.fill(store, site.organization_id, site.id, EVENTS, DAYS, end)
        with store.transaction():
            rebuild_site(store, site.id)
    settings.COLUMNS_FROM_VISITS = 1
    client, member = Client(), UserFactory()
    MembershipFactory(user=member, organization=site.organization, role="owner")
    client.force_login(member)

    say("events of the year", EVENTS, "")
    say("copied into files", copied(site), "events/s")
    of_files = asked(site, client, end)
    request.getfixturevalue("in_clickhouse")
    say("copied into ClickHouse", copied(site), "events/s")
    of_house = asked(site, client, end)
    with every_tenant():
        for key in KEYS:
            say(f"bytes an event: {key}", sum(row.bytes for row in ColumnSpan.objects.filter(store=key)) / EVENTS, "B")
    for name, (files, answer) in of_files.items():
        clickhouse, same = of_house[name]
        assert same == answer
        say(f"{name}: files", files, "ms")
        say(f"{name}: ClickHouse", clickhouse, "ms")
        say(f"{name}: ClickHouse / files", clickhouse / files, "times")
