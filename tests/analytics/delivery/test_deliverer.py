"""The deliverer against a server that answers as asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.enums import BreakerState
from apps.analytics.models import Delivery, Site
from apps.analytics.providers import destinations
from apps.core.models import Connection, OutboxEvent
from apps.core.tenancy import every_tenant
from tests.analytics.delivery.answers import Answer, Posting, Server
from tests.analytics.delivery.conftest import Clock, counted, make_destination, read, states, waiting
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db


def published() -> list[str]:
    with every_tenant():
        return list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))


def rows_of(destination: Any) -> list[Delivery]:
    with every_tenant():
        return list(Delivery.objects.filter(destination=destination).order_by("id"))


def test_everything_due_goes_out_in_batches_and_is_counted(site: Site, server: Server, deliverer: Deliverer) -> None:
    destination = make_destination(site, server.url)
    waiting(destination, 25)

    assert deliverer.deliver() == 25
    assert [len(body) for body in server.bodies] == [10, 10, 5]
    assert server.ids == [f"e{n}" for n in range(25)]
    assert states(destination) == {"sent": 25}
    assert counted(destination) == {"sent": 25, "requests": 3}
    assert read(destination).last_ok_at is not None
    assert read(destination.connection).status == "ok"
    assert deliverer.deliver() == 0


def test_errors_inside_an_answer_concern_single_events(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    destination = make_destination(site, server.url)
    waiting(destination, 4)
    server.answers.append(Answer(200, {"refused": {"e0": "no amount"}, "later": ["e1"], "silent": ["e2"]}))

    deliverer.deliver()
    refused, later, silent, taken = rows_of(destination)
    assert (refused.state, refused.words, refused.attempts, refused.finished_at) == ("dead", "no amount", 1, clock.now)
    assert [row.state for row in (later, silent, taken)] == ["waiting", "waiting", "sent"]
    assert timedelta(seconds=8) <= later.next_at - clock.now <= timedelta(seconds=12)
    assert silent.words == "The answer says nothing about this event."
    assert read(destination).breaker == BreakerState.CLOSED

    clock.advance(seconds=13)
    deliverer.deliver()
    assert states(destination) == {"sent": 3, "dead": 1}
    assert counted(destination) == {"sent": 3, "failed": 3, "retried": 2, "dead": 1, "requests": 2}
    assert published() == ["analytics.delivery_dead"]


def test_asked_to_wait_it_waits_as_long_as_it_is_told(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    destination = make_destination(site, server.url)
    waiting(destination, 3)
    server.answers.append(Answer(429, Retry_After="120"))

    deliverer.deliver()
    row = read(destination)
    assert (row.breaker, row.failures, row.hold_until) == (BreakerState.CLOSED, 0, clock.now + timedelta(seconds=120))
    clock.advance(seconds=119)
    assert deliverer.deliver() == 0
    clock.advance(seconds=2)
    assert deliverer.deliver() == 3
    assert states(destination) == {"sent": 3}
    assert published() == []


def test_down_for_an_hour_it_is_left_alone_probed_and_nothing_is_lost(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    destination = make_destination(site, server.url)
    waiting(destination, 200)
    server.default = Answer(503)
    began, probes = clock.now, 0
    while clock.now - began < timedelta(hours=1):
        before = len(server.bodies)
        deliverer.deliver()
        probes += len(server.bodies) - before
        clock.advance(seconds=10)
    row = read(destination)
    assert (row.breaker, row.failing_since) == (BreakerState.OPEN, began)
    assert timedelta(0) < row.hold_until - clock.now <= timedelta(minutes=5)
    assert row.last_error.startswith("Posting has trouble of its own (503)")
    with every_tenant():
        assert Connection.objects.get(pk=row.connection_id).status == "error"
    assert 15 <= probes <= 25  # five, then at 30 s, 1, 2, 4 and every 5 minutes
    assert states(destination) == {"waiting": 200}
    assert published() == ["analytics.destination_failing"]

    server.default = Answer()
    for _ in range(40):
        clock.advance(seconds=10)
        deliverer.deliver()
    assert states(destination) == {"sent": 200}
    assert len(set(server.ids)) == 200
    assert read(destination).breaker == BreakerState.CLOSED
    assert published() == ["analytics.destination_failing", "analytics.destination_recovered"]


def test_after_three_hours_events_are_given_up_and_say_why(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    destination = make_destination(site, server.url)
    waiting(destination, 12)
    server.default = Answer(drop=True)
    for _ in range(40):
        deliverer.deliver()
        deliverer.sweep()
        clock.advance(minutes=5)

    assert states(destination) == {"dead": 12}
    first, last = rows_of(destination)[0], rows_of(destination)[-1]
    assert first.words == last.words == "The connection to Posting broke off before its answer was read."
    assert first.log[0]["words"] == first.words
    assert first.is_unsure
    assert counted(destination)["dead"] == 12
    clock.advance(days=31)
    deliverer.sweep()
    assert states(destination) == {}


def test_refused_credentials_need_a_person_at_once(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    destination = make_destination(site, server.url)
    waiting(destination, 1)
    server.answers.append(Answer(401, {"error": "bad key s3cret-key"}))

    deliverer.deliver()
    assert read(destination).breaker == BreakerState.OPEN
    [row] = rows_of(destination)
    assert (row.state, row.status) == ("waiting", 401)
    assert "s3cret-key" not in row.answer
    assert "••••" in row.answer


def test_what_is_too_old_is_not_sent(site: Site, server: Server, deliverer: Deliverer, clock: Clock) -> None:
    destination = make_destination(site, server.url)
    rows = waiting(destination, 3)
    ages = (timedelta(hours=72), timedelta(hours=71, minutes=59, seconds=45), timedelta(hours=71, minutes=59))
    with every_tenant():
        for row, age in zip(rows, ages, strict=True):
            Delivery.objects.filter(pk=row.pk).update(at=clock.now - age)

    deliverer.deliver()
    assert (states(destination), server.ids) == ({"dead": 2, "sent": 1}, ["e2"])  # a request needs its time too
    assert rows_of(destination)[1].words == "Older than the 72 hours that Posting allows."


def test_what_was_under_way_when_its_destination_was_given_up(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock
) -> None:
    destination = make_destination(site, server.url, breaker="open", hold_until=clock.now + timedelta(hours=9))
    waiting(destination, 1, is_asked=True)
    clock.advance(hours=3)

    deliverer.sweep()
    [row] = rows_of(destination)
    assert (row.state, row.is_asked, row.is_unsure) == ("dead", False, True)


def test_a_vendor_with_a_bug_stops_nobody_else(
    site: Site, server: Server, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch, other_organization: Organization
) -> None:
    broken = make_destination(site, server.url, config={})
    elsewhere = make_destination(SiteFactory(organization=other_organization), server.url)
    waiting(broken, 2)
    waiting(elsewhere, 2)

    deliverer.deliver()
    assert states(broken) == {"waiting": 2}
    assert (rows_of(broken)[0].words, rows_of(broken)[0].is_unsure) == ("KeyError: 'url'", True)
    assert states(elsewhere) == {"sent": 2}
    assert counted(broken) == {"failed": 2, "requests": 1}


def test_paused_by_its_owner_nothing_goes_out(site: Site, server: Server, deliverer: Deliverer) -> None:
    destination = make_destination(site, server.url, is_enabled=False)
    waiting(destination, 2)

    assert deliverer.deliver() == 0
    assert states(destination) == {"waiting": 2}


def test_of_what_was_sent_the_newest_are_kept_for_thirty_days(
    site: Site, server: Server, deliverer: Deliverer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.analytics.delivery.outbox.SENT_KEPT", 5)
    destination = make_destination(site, server.url)
    waiting(destination, 12)
    deliverer.deliver()

    deliverer.sweep()
    assert [row.event_id for row in rows_of(destination)] == ["e7", "e8", "e9", "e10", "e11"]
    clock.advance(days=30, seconds=1)
    deliverer.sweep()
    assert rows_of(destination) == []
    assert counted(destination)["sent"] == 12


class Paired(Posting):
    """A vendor whose requests hold only what belongs together: here events of the same parity."""

    key = "paired"
    parallel = 2

    def bundles(self, bodies: Any) -> list[list[int]]:
        even = [n for n, body in enumerate(bodies) if int(body["id"][1:]) % 2 == 0]
        return [even[:3], [n for n in range(len(bodies)) if n not in even], even[3:]]


@pytest.fixture
def paired(site: Site, server: Server) -> Iterator[Any]:
    destinations.register(Paired)
    row = make_destination(site, server.url, provider="paired")
    waiting(row, 8)
    yield row
    del destinations._providers[Paired.key]


def test_a_vendor_says_what_shares_a_request(paired: Any, server: Server, deliverer: Deliverer) -> None:
    assert deliverer.deliver() == 8

    assert [[event["id"] for event in body] for body in server.bodies] == [
        ["e0", "e2", "e4"], ["e1", "e3", "e5", "e7"], ["e6"],
    ]
    assert (states(paired), counted(paired)) == ({"sent": 8}, {"sent": 8, "requests": 3})


def test_bundles_that_were_not_tried_when_it_must_wait_are_given_back(
    paired: Any, server: Server, deliverer: Deliverer
) -> None:
    server.answers.extend([Answer(200), Answer(429, Retry_After="60")])

    deliverer.deliver()

    assert states(paired) == {"sent": 3, "waiting": 5}
    assert {row.event_id: row.attempts for row in rows_of(paired) if row.state == "waiting"} == {
        "e1": 1, "e3": 1, "e5": 1, "e7": 1, "e6": 0,
    }
    assert not any(row.is_leased for row in rows_of(paired))
