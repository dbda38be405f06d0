"""How fast one address may send to one site. Counted in this process's memory; when in doubt, let through."""

from __future__ import annotations

from time import monotonic
from typing import Any

MOST_BUCKETS = 200_000


class TokenBuckets:
    """Buckets that hold `burst` tokens and gain `rate` a second. A rate of 0 means no limit."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: dict[Any, tuple[float, float]] = {}

    def wait(self, key: Any, cost: int) -> int:
        """Take tokens; returns 0, or after how many seconds to try again. What costs more than a full bucket empties
        one that is full."""
        if not self._rate:
            return 0
        now = monotonic()
        left, seen = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - seen) * self._rate)
        wanted = min(cost, self._burst)
        if left >= wanted:
            if len(self._buckets) >= MOST_BUCKETS:
                self._buckets.clear()
            self._buckets[key] = (left - wanted, now)
            return 0
        return int((wanted - left) / self._rate) + 1
