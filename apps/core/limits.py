"""How often something may be done: counters in Redis over fixed windows; without Redis everything is let through."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.conf import settings
from redis import Redis

from apps.core.cache import ask, breaker

log = structlog.get_logger(__name__)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds."""

    limit: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """`"600/m"`, `"10/h"`, `"5/10m"`."""
        limit, _, span = text.partition("/")
        return cls(int(limit), int(span[:-1] or 1) * _UNITS[span[-1]])


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the tightest of the limits that were spent."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """How callers are told."""
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return found if self.allowed else {**found, "Retry-After": str(self.reset_seconds)}


def spend(buckets: Iterable[tuple[str, Rate]]) -> Allowance | None:
    """Count one act in every bucket and tell the tightest; None when there is nothing to count or no Redis."""
    now = time.time()
    prefix = settings.LIMITS_PREFIX
    wanted = [(f"{prefix}:{name}:{rate.seconds}:{int(now // rate.seconds)}", rate) for name, rate in buckets]
    if not wanted:
        return None
    counts = ask(lambda redis: _count(redis, wanted), None)
    if counts is None:
        log.warning("limits.open", reason="redis is gone", breaker=breaker.is_open)
        return None
    left = [_left(count, rate, now) for count, (_, rate) in zip(counts, wanted, strict=True)]
    return min(left, key=lambda allowance: (allowance.allowed, allowance.remaining / allowance.limit))


def _left(count: int, rate: Rate, now: float) -> Allowance:
    wait = int(rate.seconds - now % rate.seconds) + 1
    return Allowance(count <= rate.limit, rate.limit, max(rate.limit - count, 0), wait)


def _count(redis: Redis, wanted: list[tuple[str, Rate]]) -> list[int]:
    pipe = redis.pipeline(transaction=False)
    for key, rate in wanted:
        pipe.incr(key)
        pipe.expire(key, rate.seconds + 1)
    return pipe.execute()[::2]
