"""Reads the streams of watched sites once for all sockets of a web process, and keeps the sites watched."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from uuid import uuid4
from weakref import WeakKeyDictionary

import orjson
import redis.asyncio as aioredis
import structlog
from django.conf import settings
from redis import RedisError
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.analytics.streaming import WATCH_SECONDS, stream_key, watch_key
from apps.core.asgi.tasks import end

log = structlog.get_logger(__name__)

BLOCK_MS = 200
REFRESH_SECONDS = 30.0
MOST_CAUGHT_UP = 1000  # entries: about as many events as a page keeps
START = "0-0"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a site's stream: the stream's name, the last entry taken, how many events there were until then."""

    name: str
    entry: str = START
    count: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """Entries in the order they were made."""
        first, _, second = self.entry.partition("-")
        return int(first), int(second)

    @staticmethod
    def read(given: Any) -> Place | None:
        """What a page says; None when it is none of ours."""
        if not isinstance(given, list) or len(given) != 3 or not isinstance(given[0], str):
            return None
        parts = str(given[1]).split("-")
        if len(parts) != 2 or not all(part.isdecimal() and len(part) < 20 for part in parts):
            return None
        return Place(given[0], str(given[1]), given[2]) if isinstance(given[2], int) else None


@dataclass(frozen=True)
class Entry:
    """Some events of a site, in order, and the place after them."""

    site_id: int
    place: Place
    data: bytes

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The events, read once for all sockets; nobody may change them."""
        return orjson.loads(self.data)  # type: ignore[no-any-return]


class Watcher(Protocol):
    """A socket that watches sites."""

    def put_entry(self, entry: Entry) -> None:
        """Something new has happened on a site."""

    async def lost(self) -> None:
        """Redis is gone."""


class StreamReader:
    """The loop of one web process; runs while it has watchers."""

    def __init__(self) -> None:
        self._watchers: dict[int, set[Watcher]] = {}
        self._places: dict[int, Place] = {}
        self._client: Any = None
        self._task: asyncio.Task[None] | None = None
        self._refreshed = 0.0

    async def watch(self, site_id: int, watcher: Watcher) -> Place:
        """Begin to hear of a site: everything after the place returned comes to the watcher. Raises redis errors."""
        client = self._redis()
        await client.set(watch_key(site_id), uuid4().hex[:12], nx=True, ex=WATCH_SECONDS)
        name = (await client.get(watch_key(site_id))).decode()
        newest = await client.xrevrange(stream_key(site_id, name), count=1)
        place = Place(name, newest[0][0].decode(), int(newest[0][1][b"n"])) if newest else Place(name)
        known = self._places.get(site_id)
        if known is None or known.name != name:
            self._places[site_id] = place
        self._watchers.setdefault(site_id, set()).add(watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return place

    async def leave(self, site_id: int, watcher: Watcher) -> None:
        """Stop hearing of a site. It stays watched for a while, for the page may come back."""
        watchers = self._watchers.get(site_id, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(site_id, None)
            self._places.pop(site_id, None)
        if not self._watchers:
            await self.stop()

    async def after(self, site_id: int, place: Place) -> tuple[list[Entry], int]:
        """The entries after a place, the newest when there are too many, and how many events are missing before."""
        key = stream_key(site_id, place.name)
        found = await self._redis().xrevrange(key, min=f"({place.entry}", count=MOST_CAUGHT_UP)
        entries = [_entry(site_id, place.name, *item) for item in reversed(found)]
        if not entries:
            return [], 0
        return entries, max(entries[0].place.count - len(entries[0].rows) - place.count, 0)

    async def stop(self) -> None:
        """End the loop."""
        task, client = self._task, self._client
        self._task = self._client = None
        if task is not None and task is not asyncio.current_task():
            await end([task])
        if client is not None:
            await client.aclose()

    def _redis(self) -> Any:
        if self._client is None:
            self._client = aioredis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
            )
        return self._client

    async def _run(self) -> None:
        try:
            while self._watchers:
                await self._keep_watched()
                await self._read()
        except (RedisError, OSError) as error:
            log.warning("stream.redis_gone", error=str(error))
            watchers = {watcher for found in self._watchers.values() for watcher in found}
            await asyncio.gather(*(watcher.lost() for watcher in watchers), return_exceptions=True)

    async def _keep_watched(self) -> None:
        if time.monotonic() - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = time.monotonic()
        async with self._redis().pipeline(transaction=False) as pipe:
            for site_id, place in self._places.items():
                pipe.set(watch_key(site_id), place.name, ex=WATCH_SECONDS)
            await pipe.execute()

    async def _read(self) -> None:
        keys = {stream_key(site_id, place.name): site_id for site_id, place in self._places.items()}
        after = {key: self._places[site_id].entry for key, site_id in keys.items()}
        for name, items in await self._redis().xread(after, count=500, block=BLOCK_MS) or ():
            site_id = keys[name.decode()]
            for item in items:
                self._tell(_entry(site_id, self._places[site_id].name if site_id in self._places else "", *item))

    def _tell(self, entry: Entry) -> None:
        if entry.site_id in self._places:
            self._places[entry.site_id] = entry.place
        for watcher in self._watchers.get(entry.site_id, ()):
            watcher.put_entry(entry)


def _entry(site_id: int, name: str, number: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(site_id, Place(name, number.decode(), int(fields[b"n"])), fields[b"rows"])


_readers: WeakKeyDictionary[Any, StreamReader] = WeakKeyDictionary()


def reader() -> StreamReader:
    """The reader of this process's event loop."""
    return _readers.setdefault(asyncio.get_running_loop(), StreamReader())
