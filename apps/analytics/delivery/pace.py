"""Not asking a vendor faster than it allows: a token bucket in memory, for one process delivers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """So many requests a second, with a burst of one second's worth."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._tokens = self._most = max(1.0, per_second)
        self._at = clock()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a token, and return the seconds to wait before it may be used."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._most, self._tokens + (now - self._at) * self.per_second) - 1
            self._at = now
            return max(0.0, -self._tokens / self.per_second)
