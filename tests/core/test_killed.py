"""kill -9 in the middle: what was committed counts once, what was not is done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core import background, events, outbox, sync
from apps.core.connections import services
from apps.core.models import OutboxEvent
from apps.core.sync import End
from apps.core.tenancy import every_tenant, tenant
from tests.core import teahouse
from tests.core.sample import Poured
from tests.core.teahouse import store_raw, stored

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


def run_victim(*args: str) -> int:
    """The exit code of a process that works on this test's database."""
    conf = connection.settings_dict
    user, password = quote(conf["USER"], safe=""), quote(conf["PASSWORD"], safe="")
    url = f"postgres://{user}:{password}@{conf['HOST']}:{conf['PORT']}/{conf['NAME']}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.victim", *args], cwd=ROOT, timeout=60, capture_output=True, text=True,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}, check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    return done.returncode


@pytest.fixture
def org() -> Organization:
    return Organization.objects.create(name="One", slug="one")


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    teahouse.make_table()
    yield
    teahouse.drop_table()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """The receiver the victim had, in good health."""
    before = dict(events._receivers)

    def receive(event: Poured) -> None:
        store_raw(event.organization_id, event.cup)
        background.enqueue("sample.task", event.cup)

    receive.__module__, receive.__qualname__ = "tests.core", "victim_receiver"
    events.subscribe(Poured)(receive)
    yield receive
    events._receivers.clear()
    events._receivers.update(before)


def publish(org: Organization) -> None:
    with tenant(org.id), transaction.atomic():
        for cup in range(4):
            outbox.publish(Poured(org.id, 1, cup))


@pytest.mark.parametrize(("where", "left"), [("inside", [0]), ("before_send", [0, 1])])
def test_a_relay_killed_on_the_way_neither_loses_nor_doubles(
    org: Organization, receiver: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch, where: str, left: list[int]
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(outbox, "nudge", lambda: None)
    monkeypatch.setattr(background, "send", lambda name, args: sent.append(args[0]))
    publish(org)

    run_victim("relay", where)
    assert stored() == left
    outbox.relay_all()

    assert stored() == [0, 1, 2, 3]
    assert sent == [1, 2, 3], "what the dead one had not handed to the broker is handed over"
    with every_tenant():
        assert not OutboxEvent.objects.filter(dispatched_at=None).exists()


@pytest.mark.parametrize("at_call", ["1", "2", "3"])
def test_a_sync_killed_while_storing_a_page_goes_on_there(org: Organization, at_call: str) -> None:
    with teahouse.opened():
        with tenant(org.id):
            account = services.connection_create(kind="teahouse", provider="fake", name="Orders", values={})
        with every_tenant():
            assert sync.claim_due() == [(org.id, account.id)]

        run_victim("sync", str(account.id), str(org.id), at_call)
        assert stored() == teahouse.ORDERS[: (int(at_call) - 1) * teahouse.PER_PAGE]

        with every_tenant():
            again = type(account).objects.get(pk=account.pk).next_attempt_at
        assert again is not None
        assert timedelta(0) < again - timezone.now() <= sync.LEASE, "its lease runs out and it is claimed again"
        with tenant(org.id):
            assert sync.run(account.id) is End.DONE
    assert stored() == teahouse.ORDERS
