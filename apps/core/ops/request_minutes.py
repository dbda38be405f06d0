"""How many requests were answered in each minute, how fast and how well, by all web processes together.

Each process counts in memory; every few seconds a thread adds what is new to the minute's hash in Redis, where the
processes meet, and says that a web process is there. The minutes are moved into `OpsPoint` by a scheduled task. While
Redis is gone the counts wait in memory.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from apps.core import cache
from apps.core.models import OpsPoint

SOURCE = "web"
EDGES_MS = (0, 5, 10, 25, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 60_000)
EVERY_SECONDS = 5.0
_KEEP_SECONDS = 86_400
_MOST_WAITING = 2_000
_API = "/api/"


class RequestMinutes:
    """What this process has answered and not yet told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, Counter[str]] = {}

    def note(self, path: str, status: int, seconds: float) -> None:
        """One answered request."""
        kind = "api" if path.startswith(_API) else "pages"
        place = _place(seconds * 1000)
        with self._lock:
            counts = self._minute(int(time.time()) // 60 * 60)
            counts[f"{kind}_requests"] += 1
            counts[f"{kind}_ms"] += round(seconds * 1000)
            counts[f"{kind}:{place}"] += 1
            if status >= 400:
                counts[f"{kind}_failed" if status >= 500 else f"{kind}_refused"] += 1

    def beat(self) -> None:
        """A web process is there in this minute."""
        with self._lock:
            self._minute(int(time.time()) // 60 * 60)["alive"] += 1

    def tell(self) -> None:
        """Add what is new to what all processes have counted."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting or cache.ask(lambda client: _add(client, waiting), False):
            return
        with self._lock:
            for minute, counts in list(waiting.items())[-_MOST_WAITING:]:
                self._minute(minute).update(counts)

    def _minute(self, minute: int) -> Counter[str]:
        return self._waiting.setdefault(minute, Counter())


minutes = RequestMinutes()


def start() -> None:
    """Tell and beat every few seconds, as long as this process lives."""
    threading.Thread(target=_forever, name="request-minutes", daemon=True).start()


def _forever() -> None:
    while True:
        minutes.beat()
        minutes.tell()
        time.sleep(EVERY_SECONDS)


def gather() -> int:
    """Move the minutes that were told into the database; returns how many."""
    found: dict[int, dict[bytes, bytes]] = cache.ask(_pending, {})
    for minute, counts in found.items():
        sums, spread = _sorted_out(counts)
        OpsPoint.objects.update_or_create(
            grain=OpsPoint.MINUTE, source=SOURCE, at=datetime.fromtimestamp(minute, UTC),
            defaults={"counts": sums, "histograms": spread},
        )
    over = [minute for minute in found if minute < time.time() - 300]
    if over:
        cache.ask(lambda client: client.zrem(_list(), *over), 0)
    return len(found)


def _pending(client: Any) -> dict[int, dict[bytes, bytes]]:
    return {int(minute): client.hgetall(_key(int(minute))) for minute in client.zrange(_list(), 0, 1500)}


def _sorted_out(counts: dict[bytes, bytes]) -> tuple[dict[str, int], dict[str, list[int]]]:
    sums: dict[str, int] = {}
    spread: dict[str, list[int]] = {}
    for name, value in sorted(counts.items()):
        kind, colon, place = name.decode().partition(":")
        if colon:
            spread.setdefault(kind, [0] * (len(EDGES_MS) - 1))[int(place)] = int(value)
        else:
            sums[kind] = int(value)
    return sums, spread


def _add(client: Any, waiting: dict[int, Counter[str]]) -> bool:
    with client.pipeline(transaction=True) as pipe:
        for minute, counts in waiting.items():
            for name, number in counts.items():
                pipe.hincrby(_key(minute), name, number)
            pipe.expire(_key(minute), _KEEP_SECONDS)
            pipe.zadd(_list(), {str(minute): minute})
        pipe.execute()
    return True


def _place(milliseconds: float) -> int:
    for index, edge in enumerate(EDGES_MS[1:]):
        if milliseconds < edge:
            return index
    return len(EDGES_MS) - 2


def _list() -> str:
    return f"ops:{settings.DATABASES['default']['NAME']}:minutes"


def _key(minute: int) -> str:
    return f"ops:{settings.DATABASES['default']['NAME']}:{minute}"
