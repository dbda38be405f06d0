"""What happens to a batch while it is on its way: its destination is paused, changed, deleted, its visitor erased; and
answers that are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine

from apps.accounts.models import Organization
from apps.analytics.delivery import health, lane
from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.enums import BreakerState, WhenUnsure
from apps.analytics.models import Delivery, DeliveryMinute, Destination, Site
from apps.analytics.providers import destinations
from apps.analytics.providers.base import Report
from apps.analytics.services import destinations as services
from apps.analytics.services.sites import site_delete
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.delivery.answers import Answer, Posting, Server
from tests.analytics.delivery.conftest import Clock, counted, make_destination, read, states, waiting
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db


class Meanwhile(Posting):
    """Something happens while its request is on the way: between what the vendor says and our hearing it."""

    key = "meanwhile"
    batch = 1
    happens: ClassVar[list[Callable[[], Any]]] = []

    def send(self, payloads: Any, *, test: bool = False) -> Report:
        try:
            return super().send(payloads, test=test)
        finally:
            if self.happens:
                self.happens.pop()()


class Forgetful(Posting):
    """Counts an event each time it arrives, but for one name."""

    key = "forgetful"
    batch = 1
    deduplicates = False

    @classmethod
    def counts_once(cls, body: Any) -> bool:
        return body["id"] == "e1"


@pytest.fixture(autouse=True)
def _vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lane, "LOOK_SECONDS", 0)
    vendors = (Meanwhile, Forgetful)
    for vendor in vendors:
        destinations.register(vendor)
    yield
    Meanwhile.happens.clear()
    for vendor in vendors:
        del destinations._providers[vendor.key]


@pytest.fixture
def destination(site: Site, server: Server) -> Destination:
    found = make_destination(site, server.url, provider="meanwhile")
    waiting(found, 3)
    return found


def meanwhile(destination: Destination, happens: Callable[[], Any]) -> None:
    def inside() -> None:
        with tenant(destination.organization_id):
            happens()

    Meanwhile.happens.append(inside)


def listed(destination: Destination) -> list[Delivery]:
    with every_tenant():
        return list(Delivery.objects.filter(destination=destination).order_by("id"))


def test_paused_in_flight_the_answer_counts_and_nothing_more_leaves(
    destination: Destination, server: Server, deliverer: Deliverer
) -> None:
    meanwhile(destination, lambda: services.destination_pause(actor=None, destination=destination))

    deliverer.deliver()

    assert (states(destination), server.ids) == ({"sent": 1, "waiting": 2}, ["e0"])
    assert [(row.attempts, row.is_leased) for row in listed(destination)[1:]] == [(0, False), (0, False)]
    with tenant(destination.organization_id):
        services.destination_resume(actor=None, destination=destination)
    deliverer.deliver()
    assert (states(destination), server.ids) == ({"sent": 3}, ["e0", "e1", "e2"])


def test_a_new_secret_is_used_at_once_and_the_old_ones_refusal_holds_nothing_up(
    destination: Destination, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    values = {"url": server.url, "key": "n3w-key"}
    meanwhile(destination, lambda: services.destination_update(actor=None, destination=destination, values=values))
    server.answers.append(Answer(401))

    deliverer.deliver()
    row = read(destination)
    assert (row.breaker, row.failures, row.hold_until) == (BreakerState.CLOSED, 0, None)
    with every_tenant():
        assert Connection.objects.get(pk=row.connection_id).status != Connection.Status.ERROR
    clock.advance(seconds=13)
    deliverer.deliver()

    assert states(destination) == {"sent": 3}
    assert [headers["authorization"] for headers, _ in server.requests] == ["s3cret-key", *["n3w-key"] * 3]


def test_deleted_in_flight_nothing_is_left_and_others_go_on(
    destination: Destination, server: Server, deliverer: Deliverer, other_organization: Organization
) -> None:
    elsewhere = make_destination(SiteFactory(organization=other_organization), server.url)
    waiting(elsewhere, 2)
    meanwhile(destination, lambda: services.destination_delete(actor=None, destination=destination))

    deliverer.deliver()

    with every_tenant():
        left = [model.objects.filter(destination_id=destination.pk).count() for model in (Delivery, DeliveryMinute)]
    assert left == [0, 0]
    assert states(elsewhere) == {"sent": 2}
    assert server.ids.count("e0") == 2
    assert "e2" not in server.ids


def test_deleted_in_flight_with_a_failure(destination: Destination, server: Server, deliverer: Deliverer) -> None:
    meanwhile(destination, lambda: services.destination_delete(actor=None, destination=destination))
    server.default = Answer(503)

    deliverer.deliver()

    with every_tenant():
        assert not Destination.objects.filter(pk=destination.pk).exists()
    assert len(server.bodies) == 1


def test_a_site_that_is_deleted_in_flight(
    destination: Destination, site: Site, server: Server, deliverer: Deliverer
) -> None:
    meanwhile(destination, lambda: site_delete(actor=None, site=site, typed_name=site.name))

    deliverer.deliver()

    with every_tenant():
        assert (Destination.objects.count(), Delivery.objects.count(), Connection.objects.count()) == (0, 0, 0)
    assert server.ids == ["e0"]


def test_a_visitor_who_is_erased_in_flight(destination: Destination, server: Server, deliverer: Deliverer) -> None:
    """What had left is counted as sent; what is erased does not come back, and does not leave."""
    first = listed(destination)[0]
    meanwhile(destination, lambda: Delivery.objects.filter(pk=first.pk).delete())

    deliverer.deliver()

    assert [row.event_id for row in listed(destination)] == ["e1", "e2"]
    assert counted(destination)["sent"] == 3


@pytest.mark.parametrize("choice", WhenUnsure.values)
def test_a_lost_answer_of_a_vendor_that_knows_no_ids(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock, choice: str
) -> None:
    row = make_destination(site, server.url, provider="forgetful", when_unsure=choice)
    waiting(row, 3)
    server.answers.extend([Answer(drop=True), Answer(504), Answer(503)])

    deliverer.deliver()
    assert [one.is_unsure for one in listed(row)] == [True, True, False]
    clock.advance(seconds=13)
    deliverer.deliver()

    lost, once, answered = listed(row)
    assert (once.state, once.is_unsure, answered.state, answered.is_unsure) == ("sent", False, "sent", False)
    assert lost.is_unsure
    if choice == WhenUnsure.AGAIN:
        assert (lost.state, server.ids.count("e0")) == ("sent", 1)  # the first time it was not heard
    else:
        assert lost.state == "dead"
        assert lost.words == ("The connection to Posting broke off before its answer was read. It may have arrived and "
                              "is not sent again, as this destination is set.")
        with tenant(row.organization_id), time_machine.travel(clock.now, tick=False):
            assert services.deliveries_replay(actor=None, destination=row) == 1
        deliverer.deliver()
        assert (read(lost).state, read(lost).is_unsure) == ("sent", True)


def test_what_may_have_been_delivered_twice_is_not_crowded_out(
    site: Site, server: Server, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.analytics.delivery.outbox.SENT_KEPT", 2)
    row = make_destination(site, server.url, provider="forgetful")
    first = waiting(row, 5)[0]
    with every_tenant():
        Delivery.objects.filter(pk=first.pk).update(is_unsure=True)

    deliverer.deliver()
    deliverer.sweep()

    assert [(one.event_id, one.is_unsure) for one in listed(row)] == [("e0", True), ("e3", False), ("e4", False)]


def test_an_event_waits_longer_after_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "JITTER", 0)
    seconds = [health.backoff(attempt).total_seconds() for attempt in range(1, 9)]

    assert seconds == [10, 20, 40, 80, 160, 300, 300, 300]
    assert health.backoff(10_000) == timedelta(minutes=5)
    assert health.backoff(1, 7 * 86_400) == timedelta(hours=1)
    assert health.backoff(1, 0) == timedelta(seconds=1)
