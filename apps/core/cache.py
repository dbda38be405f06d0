"""Redis that may go away: the cache then misses, limits let through, and one breaker keeps the waits short."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import redis
import structlog
from django.conf import settings
from django.core.cache.backends.redis import RedisCache

log = structlog.get_logger(__name__)

T = TypeVar("T")
PAUSE_SECONDS = 3.0
TIMEOUTS = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0}


class Breaker:
    """After a failure nothing is asked of Redis for a moment, so that a dead server costs one wait, not one each."""

    def __init__(self) -> None:
        self._closed_until = 0.0
        self._down_since: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether Redis is being left alone just now."""
        return time.monotonic() < self._closed_until

    @property
    def is_down(self) -> bool:
        """Whether the last attempt failed: pages then say that live updates are paused."""
        return self._down_since is not None

    def call(self, ask: Callable[[], T], otherwise: T) -> T:
        """The answer of Redis, or `otherwise` while it cannot be reached."""
        if self.is_open:
            return otherwise
        try:
            answer = ask()
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self._trip(error)
            return otherwise
        self._recover()
        return answer

    def _trip(self, error: Exception) -> None:
        if self._down_since is None:
            self._down_since = time.monotonic()
            log.warning("redis.gone", error=str(error))
        self._closed_until = time.monotonic() + PAUSE_SECONDS

    def _recover(self) -> None:
        if self._down_since is not None:
            log.info("redis.back", seconds=round(time.monotonic() - self._down_since, 1))
            self._down_since = None

    def reset(self) -> None:
        """Forget the past (tests)."""
        self.__init__()  # type: ignore[misc]


breaker = Breaker()


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, **TIMEOUTS)


def client() -> redis.Redis:
    """A pooled connection for what the cache interface cannot say. Raises redis errors; see `ask`."""
    return _client(settings.REDIS_URL)


def ask(question: Callable[[redis.Redis], T], otherwise: T) -> T:
    """Put a question to Redis through the breaker."""
    return breaker.call(lambda: question(client()), otherwise)


class FailOpenCache(RedisCache):
    """Django's Redis cache that answers "not there" while Redis is gone."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        params["OPTIONS"] = {**TIMEOUTS, **params.get("OPTIONS", {})}
        super().__init__(server, params)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """True while Redis is gone: locks and once-only marks must not stop the work they guard."""
        return breaker.call(lambda: super(FailOpenCache, self).add(*args, **kwargs), True)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value, or the default."""
        return breaker.call(lambda: super(FailOpenCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Store, or not."""
        breaker.call(lambda: super(FailOpenCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        """Whether the key was there."""
        return breaker.call(lambda: super(FailOpenCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Whether the key was there."""
        return breaker.call(lambda: super(FailOpenCache, self).delete(*args, **kwargs), False)

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The values that are there."""
        return breaker.call(lambda: super(FailOpenCache, self).get_many(*args, **kwargs), {})

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        """Whether the key is there."""
        return breaker.call(lambda: super(FailOpenCache, self).has_key(*args, **kwargs), False)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """The new count; while Redis is gone every count is the first."""
        return breaker.call(lambda: super(FailOpenCache, self).incr(key, delta, version), delta)

    def set_many(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> list[str]:
        """The keys that could not be stored."""
        return breaker.call(lambda: super(FailOpenCache, self).set_many(data, *args, **kwargs), list(data))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        """Remove, or not."""
        breaker.call(lambda: super(FailOpenCache, self).delete_many(*args, **kwargs), None)

    def clear(self) -> bool:
        """Empty the cache."""
        return breaker.call(lambda: super(FailOpenCache, self).clear(), False)
