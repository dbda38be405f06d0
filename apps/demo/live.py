"""Live demo visitors, sent to the collector as time goes by: `python -m apps.demo.live`, targets on standard input.

A program of its own without Django, because it runs beside everything else for as long as the demo does: it takes a
quarter of the memory. `manage.py simulate_visitors` finds the targets and becomes this program.
"""

from __future__ import annotations

import heapq
import http.client
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from apps.demo.businesses import BUSINESSES
from apps.demo.visits import Visit, visits_in_hour

SEED = 20_261_122
LATER = frozenset({429, 500, 502, 503})
_BY_KEY = {business.key: business for business in BUSINESSES}


@dataclass(frozen=True)
class Target:
    """A demo site: which business it is, where its pages are, and the key its events are sent with."""

    business: str
    site: str
    origin: str
    key: str


@dataclass(order=True)
class Step:
    """One event of one visit, due at a moment (seconds)."""

    due: float
    number: int
    target: Target = field(compare=False)
    visit: Visit = field(compare=False)
    event: dict[str, Any] = field(compare=False)


class KeyRefused(Exception):
    """The collector does not know the key: the demo was removed, or another start made new keys."""


class Visitors:
    """Sends each event when it is due. `at_least` visits an hour come to each site, also at night."""

    def __init__(self, targets: Iterable[Target], at_least: float, clock: Callable[[], float] = time.time) -> None:
        self._targets = list(targets)
        self._at_least = at_least
        self._clock = clock
        self._queue: list[Step] = []
        self._number = 0
        self._planned = datetime.fromtimestamp(clock(), UTC).replace(minute=0, second=0, microsecond=0)

    def turn(self, send: Callable[[Target, dict[str, Any]], int]) -> None:
        """Send all that is due; what the collector cannot take now stays due. Raises KeyRefused."""
        now = self._clock()
        if now >= self._planned.timestamp():
            self._plan(now)
        while self._queue and self._queue[0].due <= now:
            status = send(self._queue[0].target, self._body(self._queue[0], now))
            if status == 401:
                raise KeyRefused
            if status in LATER:
                return
            heapq.heappop(self._queue)

    def _plan(self, now: float) -> None:
        for target in self._targets:
            for visit, event in self._events(target):
                if event["ts"] / 1000 >= now:
                    self._number += 1
                    heapq.heappush(self._queue, Step(event["ts"] / 1000, self._number, target, visit, event))
        self._planned += timedelta(hours=1)

    def _events(self, target: Target) -> Iterator[tuple[Visit, dict[str, Any]]]:
        business = _BY_KEY[target.business]
        for visit in visits_in_hour(
            business, self._planned, seed=SEED, origin=target.origin, at_least=self._at_least
        ):
            for event in visit.events:
                yield visit, event

    @staticmethod
    def _body(step: Step, now: float) -> dict[str, Any]:
        who = step.visit.who
        body = {
            **step.event, "site": step.target.site, "ip": who.ip, "ua": who.ua, "lang": who.lang, "tz": who.tz,
            "sw": who.sw, "sh": who.sh, "sent": int(now * 1000),
        }
        return body | {"vid": who.vid, "consent": True} if who.vid else body


class Collector:
    """One connection to the collector, made anew when it breaks."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = make(parts.hostname or "localhost", parts.port, timeout=5)

    def send(self, target: Target, body: dict[str, Any]) -> int:
        """Post one event; the status, 503 when nobody answers."""
        headers = {"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"}
        try:
            self._connection.request("POST", "/api/track", json.dumps(body), headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 503
        return answer.status


def main() -> int:
    """Run until stopped. The exit status is 1 when the keys are refused, so that a supervisor starts again."""
    asked = False

    def stop(*_signal: Any) -> None:
        nonlocal asked
        asked = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    told = json.load(sys.stdin)
    collector = Collector(told["collector"])
    visitors = Visitors([Target(**target) for target in told["targets"]], told["at_least"])
    while not asked:
        try:
            visitors.turn(collector.send)
        except KeyRefused:
            return 1
        time.sleep(0.25)
    return 0


if __name__ == "__main__":
    sys.exit(main())
