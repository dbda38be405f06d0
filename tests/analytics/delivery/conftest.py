"""A server that answers as asked, a destination that posts to it, and a deliverer whose clock stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.enums import ConsentRule, DeliveryState
from apps.analytics.models import Delivery, DeliveryMinute, Destination, Site
from apps.analytics.providers import destinations
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import core, sender, site  # noqa: F401 -- fixtures
from tests.analytics.delivery.answers import Posting, Server

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def _posting() -> Iterator[None]:
    """The vendor of these tests, for as long as they last."""
    destinations.register(Posting)
    yield
    del destinations._providers[Posting.key]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliverer(db: None, clock: Clock) -> Iterator[Deliverer]:
    found = Deliverer(clock=clock)
    yield found
    found.close()


def make_destination(site: Site, url: str, **facts: Any) -> Destination:  # noqa: F811 -- the fixture's name
    """A destination of a site at a server of this test."""
    with tenant(site.organization_id):
        connection = Connection.objects.create(
            kind="destination", provider=facts.pop("provider", "posting"), name="Posting",
            config=facts.pop("config", {"url": url}), secrets={"key": "s3cret-key"},
        )
        values = {"name": "Posting", "events": dict(Posting.events), "consent": ConsentRule.ALWAYS, **facts}
        return Destination.objects.create(site=site, connection=connection, **values)


def waiting(destination: Destination, number: int, at: datetime = NOON, **facts: Any) -> list[Delivery]:
    """Events in its outbox: e0, e1, …"""
    with tenant(destination.organization_id):
        return Delivery.objects.bulk_create([
            Delivery(
                organization_id=destination.organization_id, destination=destination, event_id=f"e{n}", name="pageview",
                sent_as="view", at=at, payload={"id": f"e{n}"}, created_at=at, next_at=at,
                expires_at=at + timedelta(hours=3), **facts,
            )
            for n in range(number)
        ])


def states(destination: Destination) -> dict[str, int]:
    """How many of its deliveries are in which state."""
    with every_tenant():
        rows = Delivery.objects.filter(destination=destination).values_list("state", flat=True)
        return {state: list(rows).count(state) for state in DeliveryState.values if state in rows}


def counted(destination: Destination) -> dict[str, int]:
    """The sums of its minutes."""
    names = ("sent", "failed", "retried", "dead", "skipped", "requests")
    with every_tenant():
        rows = DeliveryMinute.objects.filter(destination=destination).values_list(*names)
        sums = [sum(column) for column in zip(*rows, strict=True)] or [0] * len(names)
        return {name: number for name, number in zip(names, sums, strict=True) if number}


def read(row: Any) -> Any:
    """The row as it is stored now."""
    with every_tenant():
        return type(row).objects.get(pk=row.pk)
