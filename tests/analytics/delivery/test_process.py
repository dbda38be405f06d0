"""The deliverer as a process: killed in the middle, and one destination that is slow beside one that is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.enums import WhenUnsure
from apps.analytics.models import Delivery, Destination, Site
from apps.analytics.providers.fake import kept
from apps.core.tenancy import every_tenant
from tests.analytics.delivery.answers import Answer, Server
from tests.analytics.delivery.conftest import counted, make_destination, states, waiting
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="shop"), domains=["site.example"])


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def start(**environment: str) -> subprocess.Popen[bytes]:
    found = settings.DATABASES["default"]
    url = f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_deliverer"], cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DEMO": "0", **environment}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_killed_in_the_middle_it_delivers_again_under_the_same_ids(shop: Site) -> None:
    box = uuid4().hex
    destination = make_destination(shop, "", provider="fake", config={"box": box, "seconds": "2"})
    waiting(destination, 60, at=timezone.now())
    first = start()
    until(lambda: len(kept(box)) == 50)  # a batch has arrived; its answer has not
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    assert states(destination) == {"waiting": 60}

    second = start()
    until(lambda: states(destination) == {"sent": 60})
    second.send_signal(signal.SIGTERM)
    assert second.wait(15) == 0
    times = kept(box)
    assert len(times) == 60
    assert sorted(times.values()) == [1] * 10 + [2] * 50  # the vendor counts an id once; we say what we did
    assert counted(destination) == {"sent": 60, "retried": 50, "requests": 2}


def google(client: str, name: str) -> dict[str, Any]:
    return {"client_id": client, "timestamp_micros": 1, "consent": {}, "events": [{"name": name, "params": {}}]}


@pytest.mark.parametrize("choice", WhenUnsure.values)
def test_killed_before_the_answer_of_a_vendor_that_knows_no_ids(shop: Site, server: Server, choice: str) -> None:
    """What may have arrived is sent again and shown so, or left and shown so; an order counts once either way."""
    config = {"measurement_id": "G-TEST12345", "region": "world"}
    destination = make_destination(shop, "", provider="ga4", config=config, when_unsure=choice)
    rows = waiting(destination, 3, at=timezone.now())
    for row, name in zip(rows, ("page_view", "purchase", "generate_lead"), strict=True):
        row.payload = google("1.1" if name != "generate_lead" else "2.2", name)
    with every_tenant():
        Delivery.objects.bulk_update(rows, ["payload"])
    arrived, released = threading.Semaphore(0), threading.Event()
    server.default = Answer(pause=lambda: (arrived.release(), released.wait(30)))
    first = start(GA4_API_URL=server.url.rstrip("/"))
    try:
        assert all(arrived.acquire(timeout=30) for _ in range(2))  # one request a visitor, side by side
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        assert {(row.state, row.is_asked, row.attempts) for row in listed(destination)} == {("waiting", True, 1)}
    finally:
        released.set()
    server.default = Answer()
    second = start(GA4_API_URL=server.url.rstrip("/"))
    try:
        until(lambda: "waiting" not in states(destination))
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(15) == 0

    view, order, lead = listed(destination)
    assert (order.state, order.attempts, order.is_unsure) == ("sent", 2, False)
    assert [entry["words"] for entry in order.log] == ["Mainstay was stopped before it had noted the answer."]
    for row in (view, lead):
        assert (row.is_asked, row.is_unsure) == (False, True)
        assert row.log[0]["words"].startswith("Mainstay was stopped before it had noted the answer.")
        expected = ("sent", 2, "") if choice == WhenUnsure.AGAIN else ("dead", 1, row.log[0]["words"])
        assert (row.state, row.attempts, row.words) == expected
    if choice == WhenUnsure.LEAVE:
        assert view.words.endswith("It may have arrived and is not sent again, as this destination is set.")


def listed(destination: Destination) -> list[Delivery]:
    with every_tenant():
        return list(Delivery.objects.filter(destination=destination).order_by("id"))


def test_a_slow_destination_slows_no_other(shop: Site, server: Server) -> None:
    other, released = Server(), threading.Event()
    other.default = Answer(after=released)
    slow = make_destination(shop, other.url)
    fast = make_destination(shop, server.url)
    waiting(slow, 30, at=timezone.now())
    waiting(fast, 300, at=timezone.now() - timedelta(seconds=1))
    stop = threading.Event()
    deliverer = Deliverer(stop.is_set)
    thread = threading.Thread(target=deliverer.run)
    thread.start()
    try:
        until(lambda: states(fast) == {"sent": 300})
        assert states(slow) == {"waiting": 30}
        released.set()
        until(lambda: states(slow) == {"sent": 30})
    finally:
        released.set()
        stop.set()
        thread.join(15)
        other.stop()
    assert not thread.is_alive()
