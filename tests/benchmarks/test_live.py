"""Event sent → figure changed on an open page, with 500 pages open and 1,000 events a second."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from apps.accounts.models import Organization, User
from tests.benchmarks.browser import PageSocket
from tests.factories.analytics import SiteFactory

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "500"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "15"))
A_SECOND = 1000
STEP = 0.05
WEB = (
    "--loop uvloop --http apps.core.asgi.protocol:BoundedProtocol --ws websockets-sansio --ws-max-size 65536"
    " --ws-per-message-deflate false --lifespan off --no-access-log --log-level warning"
)
BACKEND = "django.contrib.auth.backends.ModelBackend"

pytestmark = pytest.mark.django_db(transaction=True)


class House:
    """The processes of production, on this test's database."""

    def __init__(self) -> None:
        facts = connection.settings_dict
        self.environment = os.environ | {
            "DATABASE_URL": f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}"
                            f"/{facts['NAME']}",
            "COLLECT_RATE": "1000000", "COLLECT_BURST": "1000000", "DEBUG": "0", "LOG_LEVEL": "WARNING",
        }
        self.web, self.collector = _free_port(), _free_port()
        python = sys.executable
        self.processes = [
            self._start(python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port",
                        str(self.web), *WEB.split()),
            self._start(python, "-m", "uvicorn", "config.collector:app", "--host", "127.0.0.1", "--port",
                        str(self.collector), "--no-access-log"),
            self._start(python, "manage.py", "run_pipeline"),
        ]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        """Until both answer."""
        for port, path in ((self.web, "/accounts/login/"), (self.collector, "/healthz")):
            for _ in range(240):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code < 500:
                        break
                except httpx.TransportError:
                    time.sleep(0.25)

    def stop(self) -> None:
        """End all, in order."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def house() -> Iterator[House]:
    running = House()
    running.wait()
    yield running
    running.stop()


def signed_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


async def send(house: House, script_id: str, sent: list[float]) -> None:
    """So many events a second, each from a person of its own, noting when each was sent."""
    url = f"http://127.0.0.1:{house.collector}/api/track"
    batch = int(A_SECOND * STEP)
    async with httpx.AsyncClient() as client:
        start = time.perf_counter()
        for number in range(int(SECONDS / STEP)):
            await asyncio.sleep(max(0.0, start + number * STEP - time.perf_counter()))
            events = [
                {"id": f"live{number:06d}{item:04d}", "name": "pageview", "url": f"https://site.example/{item % 40}"}
                for item in range(batch)
            ]
            sent += [time.perf_counter()] * batch
            answer = await client.post(
                url, json={"site": script_id, "events": events},
                headers={"User-Agent": f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{100 + number % 40}.0.0.0 Safari/9"},
            )
            assert answer.json()["accepted"] == batch, answer.text


def latencies(page: PageSocket, sent: list[float]) -> list[float]:
    """For each event, how long until a message counted it."""
    found, done = [], 0
    for moment, value in page.heard:
        upto = min(int(value), len(sent))
        found += [moment - at for at in sent[done:upto]]
        done = max(done, upto)
    return found


async def page_times(house: House, path: str, cookie: str) -> float:
    """Median milliseconds of ten looks at a page."""
    times = []
    async with httpx.AsyncClient(headers={"Cookie": cookie}, timeout=30) as client:
        for _ in range(12):
            began = time.perf_counter()
            assert (await client.get(f"http://127.0.0.1:{house.web}{path}")).status_code == 200
            times.append(1000 * (time.perf_counter() - began))
    return sorted(times)[6]


def part(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


async def measure(house: House, site: Any, cookie: str, slug: str) -> dict[str, float]:
    alone = await page_times(house, f"/o/{slug}/", cookie)
    pages = [PageSocket(f"site.{site.id}", "analytics.pageviews") for _ in range(SOCKETS)]
    began = time.perf_counter()
    for at in range(0, SOCKETS, 50):
        await asyncio.gather(*(
            page.open("127.0.0.1", house.web, f"/ws/o/{slug}/live/", cookie) for page in pages[at : at + 50]
        ))
    while not all(page.heard for page in pages):
        await asyncio.sleep(0.1)
    opened = time.perf_counter() - began
    with_sockets = await page_times(house, f"/o/{slug}/", cookie)
    sent: list[float] = []
    await send(house, site.script_id, sent)
    while any(page.heard[-1][1] < len(sent) for page in pages) and time.perf_counter() < sent[-1] + 30:
        await asyncio.sleep(0.05)
    every = [value for page in pages for value in latencies(page, sent)]
    gaps = [
        later[0] - earlier[0] for page in pages for earlier, later in zip(page.heard, page.heard[1:], strict=False)
    ]
    missing = sum(1 for page in pages if page.heard[-1][1] < len(sent))
    for page in pages:
        await page.close()
    return {
        "sockets": SOCKETS, "seconds to open": opened, "page alone ms": alone, "page with sockets ms": with_sockets,
        "events": len(sent), "p50 s": part(every, 0.5), "p95 s": part(every, 0.95), "p99 s": part(every, 0.99),
        "shortest gap s": min(gaps[len(pages):] or [0]), "median gap s": part(gaps, 0.5), "pages left behind": missing,
    }


def test_an_event_reaches_every_open_page_within_a_second(
    house: House, organization: Organization, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    site = SiteFactory(organization=organization, domains=["site.example"])

    found = asyncio.run(measure(house, site, signed_in(alice), organization.slug))

    with capsys.disabled():
        print("\nlive:", ", ".join(f"{name} {round(value, 3)}" for name, value in found.items()))
    assert found["pages left behind"] == 0
    assert found["p95 s"] < 1.0
