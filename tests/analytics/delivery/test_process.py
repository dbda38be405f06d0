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
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from apps.analytics.delivery.deliverer import Deliverer
from apps.analytics.models import Site
from apps.analytics.providers.fake import kept
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


def start() -> subprocess.Popen[bytes]:
    found = settings.DATABASES["default"]
    url = f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_deliverer"], env={**os.environ, "DATABASE_URL": url, "DEMO": "0"},
        cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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
