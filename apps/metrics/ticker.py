"""Sends fresh numbers to open pages: about one message a second to each group, worked out once for all sockets.

One ticker a web process, running while it has sockets. It hears from Redis which organization's source has moved.
When a group is due it looks at the sources' versions, and if they differ from those of the last message and it gets
the group's lock for this second, it works the answers out and publishes them to the tickers of all processes. Each
reads the message once and hands it to its sockets: a channel layer would carry, decode and dispatch it for each.
Versions are read before the facts, so a message is never older than the versions it carries.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio as aioredis
import structlog
from channels.db import database_sync_to_async
from django.conf import settings
from redis import RedisError
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.core.asgi.tasks import end
from apps.metrics import live, snapshots
from apps.metrics.follow import Follow
from apps.metrics.listeners import Group, Listener

log = structlog.get_logger(__name__)

# Between two messages of one group. Under steady traffic an event waits for up to this long, after the tenth of a
# second that counting it takes: with a full second, one in ten would need more than a second to the page.
EVERY_SECONDS = 0.8
RETRY_SECONDS = 0.2  # after another process had the lock
STALE_SECONDS = 20.0  # figures of "now" fade without any event, so every group is looked at this often
BACKOFF_SECONDS = (0.3, 3.0)

_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="ticker")
_take = database_sync_to_async(snapshots.take, thread_sensitive=False, executor=_pool)


class Ticker:
    """The loop of one web process."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._by_org: defaultdict[int, set[str]] = defaultdict(set)
        self._client: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._gone = False

    async def reachable(self) -> bool:
        """Whether Redis answers; without it nothing can be promised to a page."""
        for _attempt in range(2):  # the first may meet a connection to a server that went
            try:
                return bool(await self._redis().ping())
            except (RedisError, OSError):
                await self._redis().connection_pool.disconnect(inuse_connections=False)
        return False

    def follow(self, follow: Follow, listener: Listener) -> None:
        """A socket listens to a group; the first one starts the loop."""
        group = self._groups.setdefault(follow.group, Group(follow))
        group.listeners.add(listener)
        self._by_org[follow.organization.id].add(follow.group)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._tick())]

    async def leave(self, group_name: str, listener: Listener) -> None:
        """A socket stops listening; the last one stops the loop."""
        group = self._groups.get(group_name)
        if group is None:
            return
        group.listeners.discard(listener)
        if not group.listeners:
            del self._groups[group_name]
            self._by_org[group.follow.organization.id].discard(group_name)
        if not self._groups:
            await self.stop()

    async def stop(self) -> None:
        """End the loop."""
        tasks, client = self._tasks, self._client
        self._tasks, self._client = [], None
        await end(tasks)
        if client is not None:
            await client.aclose()

    async def snapshot(self, follow: Follow) -> dict[str, Any]:
        """The state of a topic now, for a page that has just come (back): the last message if nothing moved since.

        Pages that come together share one look at the facts.
        """
        group = self._groups[follow.group]
        if group.taking is None or group.taking.done():
            group.taking = asyncio.create_task(self._take_snapshot(group))
        return await asyncio.shield(group.taking)

    async def _take_snapshot(self, group: Group) -> dict[str, Any]:
        seq, (mark,) = await self._versions([group.follow])
        if group.message and group.mark == mark:
            return group.message
        return self._message(group.follow, seq, mark, await _take(group.follow))

    def _redis(self) -> Any:
        if self._client is None:
            self._client = aioredis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
            )
        return self._client

    async def _hear(self) -> None:
        """Listen to what moves. While Redis is gone the sockets are told, and try again with the pages."""
        wait = BACKOFF_SECONDS[0]
        while True:
            try:
                async with self._redis().pubsub(ignore_subscribe_messages=True) as news:
                    await news.subscribe(live.news_channel())
                    wait = BACKOFF_SECONDS[0]
                    if self._gone:
                        await self._distrust_the_past()
                    self._gone = False
                    self._mark_all()
                    while True:
                        item = await news.get_message(timeout=5.0)
                        if item is None:
                            await news.ping()
                        elif item["type"] == "message":
                            self._heard(item["data"])
            except (RedisError, OSError) as error:
                await self._lost(error)
                await asyncio.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 -- spreads processes out
                wait = min(wait * 2, BACKOFF_SECONDS[1])

    async def _lost(self, error: Exception) -> None:
        if not self._gone:
            log.warning("live.redis_gone", error=str(error))
        self._gone = True
        for group in self._groups.values():
            group.mark, group.message = "", None
        listeners = {listener for group in self._groups.values() for listener in group.listeners}
        await asyncio.gather(*(listener.lost() for listener in listeners), return_exceptions=True)

    async def _distrust_the_past(self) -> None:
        """What was marked while Redis was gone is lost, so every followed source counts as moved."""
        async with self._redis().pipeline(transaction=False) as pipe:
            for group in self._groups.values():
                for source in group.follow.sources:
                    pipe.hincrby(live.versions_key(group.follow.organization.id), source, 1)
            await pipe.execute()

    def _heard(self, data: bytes) -> None:
        """ "organization:source" has moved, or (after a !) a group's message has been worked out somewhere."""
        if data[:1] != b"!":
            self._moved(data.decode(errors="replace"))
            return
        name, _, text = data[1:].partition(b"\n")
        group = self._groups.get(name.decode())
        if group is None:
            return
        message = json.loads(text)
        if group.message is None or group.message["seq"] < message["seq"]:
            group.message, group.mark = message, message["mark"]
            for listener in group.listeners:
                listener.put(message)

    def _moved(self, news: str) -> None:
        org, _, source = news.partition(":")
        now = time.monotonic()
        for name in self._by_org.get(int(org), ()) if org.isdecimal() else ():
            group = self._groups[name]
            if source in group.follow.sources and group.due is None:
                group.due = max(now, group.sent_at + EVERY_SECONDS)
                self._wake.set()

    def _mark_all(self) -> None:
        for group in self._groups.values():
            group.due = group.due or time.monotonic()
        self._wake.set()

    async def _tick(self) -> None:
        """Wait for the next due group, then send what is due."""
        while True:
            now = time.monotonic()
            nexts = [group.due or group.looked_at + STALE_SECONDS for group in self._groups.values()]
            # Not wait_for: Python 3.11's forgets that it was cancelled when the event comes at the same moment.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(min(nexts, default=now + 1) - now, 0.0)):
                    await self._wake.wait()
            self._wake.clear()
            now = time.monotonic()
            ready = [
                group for group in self._groups.values()
                if (group.due or group.looked_at + STALE_SECONDS) <= now
            ]
            if not ready:
                continue
            try:
                await self._send(ready)
            except Exception as error:
                for group in ready:
                    group.due = time.monotonic() + BACKOFF_SECONDS[0]
                if not isinstance(error, (RedisError, OSError)):
                    log.exception("live.tick_failed")
                elif not await self.reachable():
                    await self._lost(error)

    async def _send(self, ready: list[Group]) -> None:
        now = time.monotonic()
        stale = [group.due is None for group in ready]
        for group in ready:
            group.due, group.looked_at = None, now
        seq, marks = await self._versions([group.follow for group in ready])
        moved = [
            (group, mark, idle)
            for group, mark, idle in zip(ready, marks, stale, strict=True)
            if idle or mark != group.mark
        ]
        won = await self._locks([group for group, _, _ in moved])
        for (group, mark, idle), mine in zip(moved, won, strict=True):
            if mine:
                await self._send_one(group, seq, mark, only_if_different=idle and mark == group.mark)
            else:
                group.due = now + RETRY_SECONDS

    async def _send_one(self, group: Group, seq: int, mark: str, *, only_if_different: bool) -> None:
        group.sent_at = time.monotonic()
        taken = await _take(group.follow)
        last = group.message
        if only_if_different and last and _content(last["taken"]) == _content(taken):
            return
        text = json.dumps(self._message(group.follow, seq, mark, taken))
        await self._redis().publish(live.news_channel(), f"!{group.follow.group}\n{text}")
        # Sent is not arrived: just after Redis came back nobody may be listening yet. Look again in a second.
        group.due = group.due or group.sent_at + EVERY_SECONDS

    async def _versions(self, follows: Iterable[Follow]) -> tuple[int, list[str]]:
        """Redis' clock in milliseconds, which orders the messages of all processes, and each group's versions."""
        follows = list(follows)
        async with self._redis().pipeline(transaction=False) as pipe:
            pipe.time()
            for follow in follows:
                pipe.hmget(live.versions_key(follow.organization.id), follow.sources)
            (seconds, micro), *rows = await pipe.execute()
        marks = [".".join((value or b"0").decode() for value in row) for row in rows]
        return seconds * 1000 + micro // 1000, marks

    async def _locks(self, groups: list[Group]) -> list[bool]:
        if not groups:
            return []
        async with self._redis().pipeline(transaction=False) as pipe:
            for group in groups:
                pipe.set(f"{group.follow.group}:lead", 1, nx=True, px=int(EVERY_SECONDS * 1000 * 0.9))
            return [bool(won) for won in await pipe.execute()]

    @staticmethod
    def _message(follow: Follow, seq: int, mark: str, taken: dict[str, Any]) -> dict[str, Any]:
        return {"group": follow.group, "seq": seq, "mark": mark, "taken": taken}


def _content(taken: dict[str, Any]) -> Any:
    answers = {key: packed[:2] for key, packed in taken["answers"].items()}
    return answers, taken["series"]


_tickers: WeakKeyDictionary[asyncio.AbstractEventLoop, Ticker] = WeakKeyDictionary()


def ticker() -> Ticker:
    """The ticker of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _tickers:
        _tickers[loop] = Ticker()
    return _tickers[loop]
