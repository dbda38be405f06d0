"""Those who keep writing while processes die: browsers that send events, and a program that invites people.

Each remembers what was acknowledged. Nobody gives up: what was not acknowledged is sent again, word for word.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.benchmarks.traffic import event_of, walk

TIMEOUT_SECONDS = 120.0  # those who are killed break their connections; nobody else is given up
BATCH = 20
BATCH_EVERY = 5  # every fifth request holds a batch
PAUSE_SECONDS = 0.01


class Caller(threading.Thread):
    """One connection that sends the next request when the last one was acknowledged."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._connection: http.client.HTTPConnection | None = None
        self._ending = threading.Event()
        self.retries = 0
        self.slowest = 0.0
        self.refusals: list[str] = []

    def ask(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; status 0 when the connection broke."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return 0, b""

    def end(self) -> None:
        """Finish what is under way, and no more."""
        self._ending.set()

    def run(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            self.one()
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(PAUSE_SECONDS)

    def one(self) -> None:
        """Write one thing until it is acknowledged."""
        raise NotImplementedError


class Browser(Caller):
    """Sends events of many people, some alone and some in batches, with ids that are known beforehand."""

    def __init__(self, url: str, script_id: str, prefix: str, seed: int) -> None:
        super().__init__(url)
        self._crowd = walk(seed, 300)
        self._numbers = itertools.count()
        self._requests = itertools.count(1)
        self._script_id, self._prefix = script_id, prefix
        self.acknowledged: list[str] = []

    def one(self) -> None:
        """One request, until the collector says 202."""
        person, rng = next(self._crowd)
        count = BATCH if next(self._requests) % BATCH_EVERY == 0 else 1
        events = [event_of(rng, person, next(self._numbers), self._script_id, self._prefix) for _ in range(count)]
        now = int(time.time() * 1000)
        events = [event | {"ts": now} for event in events]
        headers = {"User-Agent": person.agent, "X-Forwarded-For": person.ip, "Content-Type": "text/plain"}
        wait = 0.05
        while True:
            sent = {"sent": int(time.time() * 1000)}
            body = {**sent, "events": events} if count > 1 else events[0] | sent
            status, answer = self.ask("/api/track", orjson.dumps(body), headers)
            if status == 202:
                break
            if status not in {0, 429, 500, 503}:
                self.refusals.append(f"{status} {answer[:200]!r}")
                return
            self.retries += 1
            time.sleep(wait)
            wait = min(wait * 2, 1.0)
        taken = orjson.loads(answer)
        if taken != {"accepted": count, "rejected": []}:
            self.refusals.append(str(taken)[:200])
        self.acknowledged += [stored_as(event) for event in events]


class Inviter(Caller):
    """Invites people through the API. Each invitation is a row, an event in the outbox and a mail."""

    def __init__(self, url: str, slug: str, key: str) -> None:
        super().__init__(url)
        self._path = f"/api/v1/organizations/{slug}/invitations/"
        self._key = key
        self._numbers = itertools.count()
        self.acknowledged: list[str] = []
        self.cut: list[str] = []

    def one(self) -> None:
        """One invitation. One whose answer was lost may or may not be there; it is not asked for again."""
        email = f"guest{next(self._numbers):05d}@example.com"
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", "Idempotency-Key": email}
        status, answer = self.ask(self._path, orjson.dumps({"email": email, "role": "viewer"}), headers)
        if status == 201:
            self.acknowledged.append(email)
        elif status in {0, 500, 502, 503}:
            self.retries += 1
            self.cut.append(email)
            time.sleep(0.2)
        else:
            self.refusals.append(f"{status} {answer[:200]!r}")
        time.sleep(0.1)


def stored_as(event: dict[str, Any]) -> str:
    """The id by which the store knows an event: a purchase counts once an order."""
    return f"purchase-{event['order_id']}" if event["name"] == "purchase" else str(event["id"])
