"""When a destination is left alone, and when an event is tried again. Pure: moments come in, moments go out."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.analytics.enums import BreakerState

OPENS_AFTER = 5  # requests in a row
FIRST_HOLD = timedelta(seconds=30)
LONGEST_HOLD = timedelta(minutes=5)
LONGEST_RETRY_AFTER = timedelta(hours=1)
FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(minutes=5)
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Health:
    """The breaker of one destination. `failures` counts requests since the last that succeeded."""

    breaker: str = BreakerState.CLOSED
    failures: int = 0
    hold_until: datetime | None = None
    failing_since: datetime | None = None

    def probing(self) -> Health:
        """One request is let through to see."""
        return replace(self, breaker=BreakerState.HALF_OPEN) if self.breaker == BreakerState.OPEN else self

    def succeeded(self) -> Health:
        """A request was answered: everything is well again."""
        return Health()

    def asked_to_wait(self, now: datetime, seconds: float) -> Health:
        """The vendor is busy, not broken: left alone for as long as it says."""
        wait = min(timedelta(seconds=max(seconds, 1)), LONGEST_RETRY_AFTER)
        return replace(self, hold_until=now + wait)

    def failed(self, now: datetime, *, permanent: bool = False, retry_after: float | None = None) -> Health:
        """A request failed. After some in a row, or one that needs a person, or when a probe fails, it opens."""
        failures = self.failures + 1
        since = self.failing_since or now
        if not (permanent or failures >= OPENS_AFTER or self.breaker != BreakerState.CLOSED):
            return replace(self, failures=failures, failing_since=since)
        times = max(failures - OPENS_AFTER, 0)
        hold = LONGEST_HOLD if permanent else min(FIRST_HOLD * 2 ** min(times, 10), LONGEST_HOLD)
        if retry_after is not None:
            hold = max(hold, min(timedelta(seconds=retry_after), LONGEST_RETRY_AFTER))
        return Health(BreakerState.OPEN, failures, now + hold, since)


def backoff(attempts: int, retry_after: float | None = None) -> timedelta:
    """How long an event waits after so many attempts: ten seconds, doubling to five minutes, never quite in step."""
    if retry_after is not None:
        return min(timedelta(seconds=max(retry_after, 1)), LONGEST_RETRY_AFTER)
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- spreads the load, hides nothing
    return min(FIRST_BACKOFF * 2 ** min(max(attempts - 1, 0), 10), LONGEST_BACKOFF) * spread
