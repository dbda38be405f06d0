"""The outbox when several are at it: relays, and transactions that publish on one aggregate."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from apps.accounts.models import Organization
from apps.core import outbox
from apps.core.tenancy import tenant
from tests.core.sample import Poured, pour

pytestmark = pytest.mark.usefixtures("no_broker")


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_do_not_share_an_event(listen: Callable[..., None]) -> None:
    org = Organization.objects.create(name="One", slug="one")
    heard: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def receive(event: Poured) -> None:
        heard.append(event.cup)
        entered.set()
        go_on.wait(5)

    listen(receive)
    for cup in range(5):
        pour(org, pot=cup, cup=cup)
    other = in_thread(outbox.relay_all)
    assert entered.wait(5)

    assert outbox.relay() is None, "turned away while the other holds the lock"
    go_on.set()
    other.join(10)
    outbox.relay_all()

    assert heard == [0, 1, 2, 3, 4]


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_transaction_still_open_is_not_overtaken(listen: Callable[..., None]) -> None:
    org = Organization.objects.create(name="One", slug="one")
    heard: list[int] = []
    listen(lambda event: heard.append(event.cup))
    published, commit = threading.Event(), threading.Event()

    def slow() -> None:
        with tenant(org.id), transaction.atomic():
            outbox.publish(Poured(org.id, 1, 0))
            published.set()
            commit.wait(5)

    first = in_thread(slow)
    assert published.wait(5)
    second = in_thread(lambda: pour(org, pot=1, cup=1))
    second.join(0.3)
    assert second.is_alive(), "the second waits for the first"
    pour(org, pot=2, cup=9)
    outbox.relay_all()
    commit.set()
    first.join(5)
    second.join(5)
    outbox.relay_all()

    assert heard == [9, 0, 1]


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_publishing_goes_on(monkeypatch: pytest.MonkeyPatch, listen: Callable[..., None]) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.undo()
    monkeypatch.setattr("celery.app.base.Celery.send_task", gone)
    org = Organization.objects.create(name="One", slug="one")
    heard: list[int] = []
    listen(lambda event: heard.append(event.cup))

    pour(org, cup=5)
    outbox.relay_all()

    assert heard == [5]
