"""Redis goes away and comes back, for real: pages answer, say so, and recover by themselves."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from apps.accounts.models import Organization, User
from apps.core import cache as store
from apps.core.cache import breaker
from tests.factories.accounts import PASSWORD
from tests.ops.valkey import binary


class Server:
    """A Valkey of our own, on a port of its own."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        argv = [str(binary()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("Valkey did not start")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def valkey(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Running, and what the settings name; the breaker pauses only for a moment."""
    server = Server()
    server.start()
    settings.REDIS_URL = server.url
    settings.CACHES = {"default": {"BACKEND": "apps.core.cache.FailOpenCache", "LOCATION": server.url}}
    monkeypatch.setattr(store, "PAUSE_SECONDS", 0.2)
    breaker.reset()
    yield server
    server.kill()
    breaker.reset()


def test_cache_fails_open_and_recovers(valkey: Server) -> None:
    cache = caches["default"]
    cache.set("a", 1, 60)
    assert cache.get("a") == 1

    valkey.kill()

    assert cache.get("a", "default") == "default"
    assert breaker.is_down
    cache.set("a", 2, 60)
    assert cache.get_many(["a"]) == {}
    assert cache.add("lock", 1) is True
    assert cache.incr("n") == 1
    assert cache.delete("a") is False
    assert cache.has_key("a") is False
    assert cache.get_or_set("b", lambda: 7) == 7

    valkey.start()
    time.sleep(0.25)

    cache.set("a", 3, 60)
    assert cache.get("a") == 3
    assert not breaker.is_down


def test_a_dead_server_costs_one_wait(valkey: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    valkey.kill()
    monkeypatch.setattr(store, "PAUSE_SECONDS", 30)
    caches["default"].get("a")
    tries = []
    monkeypatch.setattr(store, "client", lambda: tries.append(1))

    for _ in range(50):
        caches["default"].get("a")
        store.ask(lambda redis: redis.ping(), None)

    assert tries == []


def test_people_stay_signed_in(
    valkey: Server, client_of: Callable[[User], Client], alice: User, organization: Organization
) -> None:
    browser = client_of(alice)
    page = "/o/bakery/settings/"
    assert browser.get(page).status_code == 200
    assert "Live updates are paused" not in browser.get(page).content.decode()

    valkey.kill()
    without = browser.get(page)
    again = browser.get(page)

    assert without.status_code == again.status_code == 200
    assert "Live updates are paused" in again.content.decode()

    valkey.start()
    time.sleep(0.25)
    browser.get(page)
    assert "Live updates are paused" not in browser.get(page).content.decode()


def test_people_can_sign_in_without_redis(valkey: Server, client: Client, alice: User) -> None:
    valkey.kill()

    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})

    assert response.status_code == 302
    assert client.get("/o/bakery/settings/").status_code == 200


def test_the_api_answers_without_redis(valkey: Server, client_of: Callable[[User], Client], alice: User) -> None:
    valkey.kill()

    assert client_of(alice).get("/api/v1/organizations/bakery/sites/").status_code == 200
    assert client_of(alice).get("/readyz").json()["status"] == "degraded"
