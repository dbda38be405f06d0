"""Events: stored with their facts, handed over at least once, in order, and around whoever fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core import background, events, outbox
from apps.core.models import Connection, OutboxEvent, OutboxReceipt
from apps.core.tenancy import current_org_id, every_tenant, tenant
from tests.core.sample import Counted, Poured, pour

pytestmark = pytest.mark.usefixtures("no_broker")


def make_due() -> None:
    with every_tenant():
        OutboxEvent.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def reread(row: OutboxEvent) -> OutboxEvent:
    with every_tenant():
        return OutboxEvent.objects.get(pk=row.pk)


@pytest.mark.django_db(transaction=True)
def test_publish_outside_a_transaction_is_refused() -> None:
    org = Organization.objects.create(name="One", slug="one")

    with tenant(org.id), pytest.raises(RuntimeError, match="inside the transaction"):
        outbox.publish(Poured(org.id, 1))


def test_an_event_arrives_once_in_the_scope_of_its_organization(
    organization: Organization, listen: Callable[..., None]
) -> None:
    heard: list[tuple[int, Poured]] = []
    listen(lambda event: heard.append((current_org_id(), event)))
    row = pour(organization, cup=3)

    assert outbox.relay_all() == 1
    assert outbox.relay_all() == 0

    assert heard == [(organization.id, Poured(organization.id, 1, 3))]
    assert reread(row).dispatched_at is not None


def test_an_event_goes_with_its_facts_when_they_are_rolled_back(
    organization: Organization, listen: Callable[..., None]
) -> None:
    heard: list[Poured] = []
    listen(heard.append)

    @transaction.atomic
    def publish_and_fail() -> None:
        with tenant(organization.id):
            outbox.publish(Poured(organization.id, 1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish_and_fail()

    assert outbox.relay_all() == 0
    assert heard == []


def test_events_of_one_aggregate_arrive_in_order_and_wait_for_a_failed_one(
    organization: Organization, listen: Callable[..., None]
) -> None:
    heard: list[tuple[int, int]] = []
    broken = {(1, 0)}

    def receive(event: Poured) -> None:
        if (event.pot_id, event.cup) in broken:
            raise ValueError("spilled")
        heard.append((event.pot_id, event.cup))

    listen(receive)
    first = pour(organization, pot=1, cup=0)
    for cup in (1, 2):
        pour(organization, pot=1, cup=cup)
    pour(organization, pot=2, cup=0)

    outbox.relay_all()
    assert heard == [(2, 0)]
    assert reread(first).last_error == "ValueError: spilled"
    assert reread(first).attempts == 1

    broken.clear()
    outbox.relay_all()
    assert heard == [(2, 0)], "before its time nothing is tried again"
    make_due()
    outbox.relay_all()
    assert heard == [(2, 0), (1, 0), (1, 1), (1, 2)]


def test_a_held_aggregate_with_a_long_queue_does_not_starve_others(
    organization: Organization, listen: Callable[..., None]
) -> None:
    heard: list[int] = []

    def receive(event: Poured) -> None:
        if event.pot_id == 1:
            raise ValueError("stuck")
        heard.append(event.pot_id)

    listen(receive)
    for cup in range(30):
        pour(organization, pot=1, cup=cup)
    pour(organization, pot=2)

    outbox.relay(limit=10)
    outbox.relay(limit=10)

    assert heard == [2]


def test_one_broken_receiver_does_not_hold_back_the_others(
    organization: Organization, listen: Callable[..., None]
) -> None:
    heard: list[str] = []
    fail = True

    def broken(event: Poured) -> None:
        if fail:
            raise ValueError("no")
        heard.append("broken")

    def fine(event: Poured) -> None:
        heard.append("fine")

    listen(broken, fine)
    pour(organization)
    outbox.relay_all()
    assert heard == ["fine"]

    fail = False
    make_due()
    outbox.relay_all()
    assert heard == ["fine", "broken"]


def test_what_a_failing_receiver_wrote_is_rolled_back_with_its_receipt(
    organization: Organization, listen: Callable[..., None]
) -> None:
    fail = True

    def receive(event: Poured) -> None:
        Connection(kind="x", provider="fake", name="half").save()
        if fail:
            raise ValueError("half-way")

    listen(receive)
    pour(organization)
    outbox.relay_all()
    with every_tenant():
        assert (Connection.objects.count(), OutboxReceipt.objects.count()) == (0, 0)

    fail = False
    make_due()
    outbox.relay_all()
    with every_tenant():
        assert (Connection.objects.count(), OutboxReceipt.objects.count()) == (1, 1)


def test_a_poisonous_event_is_given_up_and_can_be_tried_again(
    organization: Organization, listen: Callable[..., None]
) -> None:
    heard: list[int] = []
    fail = True

    def receive(event: Poured) -> None:
        if fail and event.cup == 0:
            raise ValueError("poison")
        heard.append(event.cup)

    listen(receive)
    row = pour(organization, cup=0)
    pour(organization, cup=1)
    waits = []
    for _ in range(outbox.GIVE_UP_AFTER):
        make_due()
        outbox.relay(limit=1)
        waits.append((reread(row).next_attempt_at - timezone.now()).total_seconds())

    assert [round(wait) for wait in waits[:4]] == [2, 4, 8, 16]
    assert max(waits) <= outbox.MAX_BACKOFF.total_seconds()
    with every_tenant():
        assert [failed.id for failed in outbox.failed()] == [row.id]
    make_due()
    outbox.relay_all()
    assert heard == [1], "a given-up event no longer holds back the later ones"

    fail = False
    with every_tenant():
        assert outbox.retry([row.id]) == 1
    outbox.relay_all()
    assert heard == [1, 0]


def test_an_event_type_nobody_declares_any_more_is_kept_for_staff(organization: Organization) -> None:
    row = pour(organization)
    with every_tenant():
        OutboxEvent.objects.filter(pk=row.pk).update(name="sample.forgotten")

    outbox.relay_all()

    assert reread(row).last_error == "KeyError: 'sample.forgotten'"


def test_values_survive_the_way_through_json(organization: Organization) -> None:
    item = Counted(organization.id, 1, Decimal("12.50"), date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC))

    assert events.from_payload("sample.counted", {**events.to_payload(item), "old_field": 1}) == item


@shared_task
def brew(pot: int) -> None:
    """Asked for by a receiver below."""


def test_what_a_receiver_asks_for_is_kept_until_the_broker_has_it(
    organization: Organization, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[Any]]] = []
    broker_is_gone = True

    def send(name: str, args: list[Any]) -> None:
        if broker_is_gone:
            raise ConnectionError("no broker")
        sent.append((name, args))

    calls: list[int] = []

    def receive(event: Poured) -> None:
        calls.append(event.cup)
        background.enqueue(brew, event.pot_id)

    monkeypatch.setattr(background, "send", send)
    listen(receive)
    row = pour(organization, pot=7)
    outbox.relay_all()
    assert (sent, reread(row).dispatched_at) == ([], None)

    broker_is_gone = False
    make_due()
    outbox.relay_all()

    assert sent == [(brew.name, [7])]
    assert calls == [0], "the receiver itself is not repeated"
    assert reread(row).dispatched_at is not None


def test_tasks_take_ids_and_not_rows(organization: Organization) -> None:
    with pytest.raises(TypeError, match="never rows"):
        background.enqueue(brew, organization)


def test_old_events_are_cleaned_away_and_stuck_ones_kept(organization: Organization) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    done, stuck, fresh = pour(organization), pour(organization, cup=1), pour(organization, cup=2)
    with every_tenant():
        OutboxEvent.objects.filter(pk=done.pk).update(dispatched_at=long_ago, created_at=long_ago)
        OutboxEvent.objects.filter(pk=stuck.pk).update(failed_at=long_ago, created_at=long_ago)
        OutboxEvent.objects.filter(pk=fresh.pk).update(dispatched_at=timezone.now())
        OutboxReceipt.objects.create(event=done, receiver="x")

    outbox.clean(timedelta(days=90))

    with every_tenant():
        assert set(OutboxEvent.objects.values_list("id", flat=True)) == {stuck.pk, fresh.pk}
        assert OutboxReceipt.objects.count() == 0
