"""Keeping to a vendor's rate limit over all processes: a token bucket in Redis.

Unlike `apps.core.limits`, which turns callers away, this tells how long to wait.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from redis import Redis

from apps.core.cache import ask

_TAKE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, (tonumber(state[1]) or burst) + (now - (tonumber(state[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 60000)
return tostring(wait)
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a vendor may be asked: so many a second in the long run, and so many at once."""

    per_second: float
    burst: int = 1


def take(key: str, pace: Pace) -> float:
    """Take a token: 0 when there was one, else the seconds until there will be.

    Without Redis every call is told to wait its share of a second once, which keeps one process to the pace.
    """

    def question(redis: Redis) -> float:
        return float(redis.eval(_TAKE, 1, f"bucket:{key}", pace.per_second, pace.burst))

    wait = ask(question, None)
    if wait is None:
        time.sleep(1 / pace.per_second)
        return 0.0
    return wait


def wait_for(key: str, pace: Pace, *, at_most_seconds: float) -> bool:
    """Sleep until there is a token; False, without sleeping on, if that would take longer than allowed."""
    deadline = time.monotonic() + at_most_seconds
    while (wait := take(key, pace)) > 0:
        if time.monotonic() + wait > deadline:
            return False
        time.sleep(wait)
    return True
