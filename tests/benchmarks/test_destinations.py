"""How many events a second leave, with a destination beside that does not answer, against one request at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.models import Delivery, Destination, Site
from apps.analytics.providers import destinations
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.delivery.answers import Answer, Posting, Server
from tests.analytics.delivery.conftest import make_destination
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 4_000
WANTED_PER_SECOND = 500


class Single(Posting):
    """One event a request, one request at a time."""

    key = "single"
    batch = 1


class Wide(Posting):
    """One event a request, eight requests at a time."""

    key = "wide"
    batch = 1
    parallel = 8


@pytest.fixture(autouse=True)
def _vendors() -> Iterator[None]:
    vendors = (Posting, Single, Wide)
    for vendor in vendors:
        destinations.register(vendor)
    yield
    for vendor in vendors:
        del destinations._providers[vendor.key]


@pytest.fixture
def shop(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="shop"), domains=["site.example"])


@pytest.fixture
def stuck(shop: Site) -> Iterator[None]:
    """A destination that takes connections and never answers."""
    server, released = Server(), threading.Event()
    server.default = Answer(after=released)
    fill(make_destination(shop, server.url), 500)
    yield
    released.set()
    server.stop()


def fill(destination: Destination, number: int) -> None:
    now = timezone.now() - timedelta(seconds=1)
    with tenant(destination.organization_id):
        Delivery.objects.bulk_create([
            Delivery(
                organization_id=destination.organization_id, destination=destination, event_id=f"e{n}", name="pageview",
                sent_as="view", at=now, payload={"id": f"e{n}", "page": "/a-page", "value": "49.90"}, next_at=now,
                expires_at=now + timedelta(hours=3),
            )
            for n in range(number)
        ], batch_size=2000)


def seconds_for(shop: Site, provider: str, number: int, wait: Callable[[], Any] | None = None) -> tuple[float, float]:
    """Wall and CPU seconds until every event of a new destination is delivered."""
    server = Server()
    server.default = Answer(pause=wait) if wait else Answer()
    destination = make_destination(shop, server.url, provider=provider)
    fill(destination, number)
    stop = threading.Event()
    thread = threading.Thread(target=Deliverer(stop.is_set).run)
    began, cpu = time.perf_counter(), time.process_time()
    thread.start()
    deadline = began + 120
    while True:
        with every_tenant():
            if not Delivery.objects.filter(destination=destination, state="waiting").exists():
                break
        assert time.perf_counter() < deadline
        time.sleep(0.02)
    took = time.perf_counter() - began, time.process_time() - cpu
    stop.set()
    thread.join(1)
    assert sorted(server.ids) == sorted(f"e{n}" for n in range(number))
    server.stop()
    return took


def test_events_a_second_beside_one_that_is_stuck(shop: Site, stuck: None) -> None:
    single, single_cpu = seconds_for(shop, "single", EVENTS // 8)
    batched, batched_cpu = seconds_for(shop, "posting", EVENTS)

    rate, before = EVENTS / batched, EVENTS / 8 / single
    print(f"\nbatches of 10: {rate:,.0f} events/s, {batched_cpu / EVENTS * 1e6:,.0f} µs of CPU an event")
    each = single_cpu / (EVENTS // 8) * 1e6
    print(f"one at a time: {before:,.0f} events/s, {each:,.0f} µs; ratio {rate / before:.1f}")
    assert rate >= WANTED_PER_SECOND
    assert rate / before >= 2


def test_a_vendor_that_takes_single_events_is_asked_side_by_side(shop: Site, stuck: None) -> None:
    pause = threading.Event()
    single, _ = seconds_for(shop, "single", 100, lambda: pause.wait(0.05))
    wide, _ = seconds_for(shop, "wide", 400, lambda: pause.wait(0.05))

    rate, before = 400 / wide, 100 / single
    print(f"\n50 ms an answer: {rate:,.0f} events/s eight at a time, {before:,.0f} one; ratio {rate / before:.1f}")
    assert rate / before >= 3
