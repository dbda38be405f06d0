"""Mails on their way: queued with the facts, sent once, and honest about what nobody can know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.providers import ProviderError
from apps.core.tenancy import every_tenant
from apps.notifications import delivery, tasks
from apps.notifications.contracts import MessageRefused, Unconfirmed
from apps.notifications.models import Delivery
from apps.notifications.routes import Route
from tests.notifications.post_office import MAIL, PostOffice, change, failing, reread


def test_a_mail_is_sent_once_and_its_contents_forgotten(db: None, office: type[PostOffice]) -> None:
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "sent"
    assert delivery.deliver(row.pk) == "not waiting"

    found = reread(row)
    assert office.messages == [MAIL]
    assert (found.status, found.content, found.remote_id, found.attempts) == ("sent", {}, f"id-{row.key}", 1)
    assert (found.to, found.subject, found.transport) == ("asa@example.com", "Your code", "office")


def test_contents_are_encrypted_while_they_wait(db: None) -> None:
    row = delivery.queue(MAIL)

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM notifications_delivery WHERE id = %s", [row.pk])
        assert "4711" not in cursor.fetchone()[0]


def test_a_mail_goes_with_its_facts_when_they_are_rolled_back(db: None, asked: list[int]) -> None:
    @transaction.atomic
    def queue_and_fail() -> None:
        delivery.queue(MAIL)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        queue_and_fail()

    assert Delivery.objects.count() == 0
    assert asked == []


def test_the_same_key_is_the_same_mail(
    db: None, asked: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first, second = delivery.queue(MAIL, key="order-1"), delivery.queue(MAIL, key="order-1")

    assert first.pk == second.pk
    assert asked == [first.pk]


def test_a_busy_way_is_tried_again_when_it_said(db: None, office: type[PostOffice]) -> None:
    office.at_handover = failing(ProviderError("slow down", retry_after=30))
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "queued"

    found = reread(row)
    assert (found.last_error, found.attempts, found.handed_over_at) == ("slow down", 1, None)
    assert (found.next_attempt_at - timezone.now()).total_seconds() == pytest.approx(30, abs=2)
    assert delivery.claim_due() == []
    change(row, next_attempt_at=timezone.now())
    assert delivery.claim_due() == [row.pk]
    assert delivery.claim_due() == [], "claimed for a while"
    office.at_handover = None
    assert delivery.deliver(row.pk) == "sent"


def test_waits_grow_and_end(db: None, office: type[PostOffice]) -> None:
    office.at_start = failing(ProviderError("down"))
    row = delivery.queue(MAIL)
    waits = []

    while delivery.deliver(row.pk) == "queued":
        waits.append(round((reread(row).next_attempt_at - timezone.now()).total_seconds()))

    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240]
    found = reread(row)
    assert (found.status, found.last_error, found.content != {}) == ("failed", "down", True)


def test_a_refused_mail_is_not_tried_again(db: None, office: type[PostOffice]) -> None:
    office.at_start = failing(MessageRefused("no such mailbox"))
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "failed"
    assert reread(row).last_error == "no such mailbox"


def test_a_lost_answer_by_smtp_is_never_sent_again_by_itself(db: None, office: type[PostOffice]) -> None:
    office.at_handover = failing(Unconfirmed("connection lost"))
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "unconfirmed"
    office.at_handover = None
    assert delivery.claim_due() == []
    assert delivery.deliver(row.pk) == "not waiting"

    with every_tenant():
        delivery.send_again(reread(row))
    assert delivery.deliver(row.pk) == "sent"
    assert office.taken != [row.key], "a person took it upon them: a new mail with a new key"


def test_a_lost_answer_is_repeated_with_its_key_where_that_is_safe(db: None, office: type[PostOffice]) -> None:
    office.idempotent = True
    office.at_handover = failing(Unconfirmed("timeout"))
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "queued"
    assert reread(row).handed_over_at is not None
    office.at_handover = None
    assert delivery.deliver(row.pk) == "sent"
    assert office.taken == [row.key]


@pytest.mark.parametrize("why", ["another way", "too old"])
def test_a_lost_answer_is_not_repeated_where_it_could_double(
    db: None, office: type[PostOffice], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    office.idempotent = True
    office.at_handover = failing(Unconfirmed("timeout"))
    row = delivery.queue(MAIL)
    delivery.deliver(row.pk)
    office.at_handover = None
    if why == "another way":
        monkeypatch.setattr(delivery, "route_for", lambda organization_id: Route("other", PostOffice({}, {})))
    else:
        change(row, handed_over_at=timezone.now() - delivery.SAFE_AGAIN)

    assert delivery.deliver(row.pk) == "unconfirmed"
    assert office.taken == []


def test_an_answered_attempt_after_a_lost_one_leaves_the_lost_one_open(db: None, office: type[PostOffice]) -> None:
    office.idempotent = True
    row = delivery.queue(MAIL)
    for error in (Unconfirmed("timeout"), ProviderError("429", retry_after=1)):
        office.at_handover = failing(error)
        delivery.deliver(row.pk)

    assert reread(row).handed_over_at is not None


def test_what_a_dead_worker_left_is_taken_up(db: None, office: type[PostOffice]) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    fresh, stuck, handed_over = (delivery.queue(MAIL) for _ in range(3))
    change(fresh, status="sending", attempts=1, sending_since=timezone.now())
    change(stuck, status="sending", attempts=1, sending_since=long_ago)
    change(handed_over, status="sending", attempts=1, sending_since=long_ago, handed_over_at=long_ago)

    due = delivery.claim_due()

    assert set(due) == {stuck.pk, handed_over.pk}
    assert [delivery.deliver(pk) for pk in sorted(due)] == ["sent", "unconfirmed"]
    assert reread(fresh).status == "sending"


def test_a_worker_that_was_given_up_hands_nothing_over(db: None, office: type[PostOffice]) -> None:
    row = delivery.queue(MAIL)

    def replaced() -> None:
        change(row, status="queued", sending_since=None)
        assert delivery._claim(row.pk) is not None

    office.at_start = staticmethod(replaced)

    assert delivery.deliver(row.pk) == "replaced"
    assert office.taken == []
    assert (reread(row).status, reread(row).attempts) == ("sending", 2)


def test_a_bug_in_a_transport_is_no_reason_to_double(db: None, office: type[PostOffice]) -> None:
    office.at_start = failing(KeyError("before"))
    before = delivery.queue(MAIL)
    assert delivery.deliver(before.pk) == "queued"
    office.at_start, office.at_handover = None, failing(KeyError("after"))
    after = delivery.queue(MAIL)
    assert delivery.deliver(after.pk) == "unconfirmed"


def test_old_mails_are_forgotten_and_waiting_ones_kept(db: None) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    waiting, sent, recent = (delivery.queue(MAIL) for _ in range(3))
    change(waiting, created_at=long_ago)
    change(sent, created_at=long_ago, status="sent")
    change(recent, status="sent")

    assert tasks.clean_deliveries() == 1
    assert set(Delivery.objects.values_list("id", flat=True)) == {waiting.pk, recent.pk}


def test_the_schedule_asks_for_what_is_due(
    db: None, asked: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    row = delivery.queue(MAIL)
    asked.clear()

    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.deliver_due() == 1

    assert asked == [row.pk]
