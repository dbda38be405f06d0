"""The page's one socket: `/ws/o/<slug>/live/`.

page → server: `{"type": "subscribe", "topics": […], "since": {topic: seq}}`, `pause`, `resume`,
`{"type": "pace", "hidden": bool}`, `pong`. server → page: `metrics` with the topic's figures, `<signal>` when
something else moved, `denied` for a topic the person may not follow, `ping`.

The organization's scope is entered in each piece of database work: a socket outlives any context.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils.translation.trans_real import parse_accept_lang_header
from redis import RedisError

from apps.accounts.access import membership_in
from apps.accounts.containment import may_enter
from apps.accounts.models import Organization, User
from apps.core import personal
from apps.core.tenancy import tenant
from apps.metrics.follow import Follow, resolve
from apps.metrics.snapshots import wordings
from apps.metrics.ticker import ticker

log = structlog.get_logger(__name__)

NO_ENTRY = 4404
TOO_MUCH = 4429
TOO_SLOW = 4408
TRY_LATER = 1013
CHECK_SECONDS = 60.0
PING_SECONDS = 20.0
SLOW_SECONDS = 2.0
HIDDEN_SECONDS = 30.0
MOST_TOPICS = 20
MOST_WORDS = 8192
MOST_MESSAGES = 60  # a minute


class LiveConsumer(AsyncWebsocketConsumer):
    """Sends the newest message of each followed topic. What a slow or hidden page has not taken yet is replaced."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Refuse everybody while Redis is gone, before a channel is asked for; the page tries again."""
        if await ticker().reachable():
            try:
                await super().__call__(scope, receive, send)
            except (RedisError, OSError) as error:
                log.warning("live.socket_lost_redis", error=str(error))
            else:
                return
        with contextlib.suppress(Exception):  # it may be closed already
            await send({"type": "websocket.close", "code": TRY_LATER})

    async def connect(self) -> None:
        """Let members in; refuse strangers."""
        self.follows: dict[str, Follow] = {}
        self._waiting: dict[str, str] = {}
        self._signals: dict[str, str] = {}
        self._newest: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._hidden = False
        self._unanswered = 0.0
        self._answers_pings = False
        self._received: list[float] = []
        self.language = _language(self.scope)
        self.organization, self.membership = await self._enter()
        if self.membership is None:
            await self.close(code=NO_ENTRY)
        else:
            await self.accept()
            await self._listen_for_person()
            self._tasks = [asyncio.create_task(work()) for work in (self._drain, self._watch, self._ping)]

    async def disconnect(self, code: int) -> None:
        """Leave every group."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(RedisError, OSError):
            await self.channel_layer.group_discard(self._person_group(), self.channel_name)
        for follow in self.follows.values():
            await ticker().leave(follow.group, self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A message of the page; what is no message of ours is ignored."""
        now = time.monotonic()
        self._received = [moment for moment in self._received if moment > now - 60] + [now]
        if len(self._received) > MOST_MESSAGES or len(text_data or "") > MOST_WORDS:
            await self.close(code=TOO_MUCH)
            return
        try:
            message = json.loads(text_data or "")
        except ValueError:
            return
        kind = str(message.get("type")) if isinstance(message, dict) else ""
        if kind == "subscribe":
            await self._subscribe(message)
        elif kind in {"pause", "resume", "pace"}:
            self._hidden = kind == "pause" or (kind == "pace" and message.get("hidden") is True)
            self._news.set()
        elif kind == "pong":
            self._answers_pings, self._unanswered = True, 0.0
            self._news.set()

    def put(self, message: dict[str, Any]) -> None:
        """A group's fresh message, from the ticker."""
        for follow in self.follows.values():
            if follow.group == message["group"]:
                self._put(follow, message)

    async def personal_message(self, event: dict[str, Any]) -> None:
        """A message to the person (`apps.core.personal`); of each type the newest counts."""
        self._waiting[f"/{event['message'].get('type')}"] = json.dumps(event["message"])
        self._news.set()

    async def _listen_for_person(self) -> None:
        with contextlib.suppress(RedisError, OSError):
            await self.channel_layer.group_add(self._person_group(), self.channel_name)

    def _person_group(self) -> str:
        return personal.group_of(getattr(self.scope.get("user"), "pk", None) or 0)

    async def lost(self) -> None:
        """Redis is gone: the page shows so, and comes back by itself."""
        await self.close(code=TRY_LATER)

    async def _subscribe(self, message: dict[str, Any]) -> None:
        topics = message.get("topics")
        names = [name for name in topics if isinstance(name, str)] if isinstance(topics, list) else []
        since = message.get("since") if isinstance(message.get("since"), dict) else {}
        found = await self._resolve(names[:MOST_TOPICS])
        try:
            await self._follow_only({name: follow for name, follow in found.items() if follow})
            for name, follow in found.items():
                if follow is None:
                    await self.send(json.dumps({"type": "denied", "topic": name}))
                else:
                    await self._catch_up(follow, known=name in since)
        except (RedisError, OSError):
            await self.lost()

    async def _follow_only(self, wanted: dict[str, Follow]) -> None:
        before, after = ({follow.group for follow in which.values()} for which in (self.follows, wanted))
        self.follows = wanted
        for follow in wanted.values():
            if follow.group not in before:
                ticker().follow(follow, self)
        for group in before - after:
            await ticker().leave(group, self)

    async def _catch_up(self, follow: Follow, *, known: bool) -> None:
        """Everything a page missed is in the topic's state of now. A page that was away asks for signals too."""
        message = await ticker().snapshot(follow)
        if known:
            self._signals.setdefault(follow.name, "")
        self._put(follow, message)

    def _put(self, follow: Follow, message: dict[str, Any]) -> None:
        if message["seq"] < self._newest.get(follow.name, 0):
            return  # a state that was looked up before, and is ready after, one that the page has
        self._newest[follow.name] = message["seq"]
        if follow.keys:
            self._waiting[follow.name] = wordings.text(follow, message["seq"], message["taken"], self.language)
        marks = dict(zip(follow.sources, message["mark"].split("."), strict=False))
        mark = ".".join(marks.get(signal, "") for signal in follow.topic.signals)
        if self._signals.get(follow.name, mark) != mark:
            for signal in follow.topic.signals:
                self._waiting[f"{follow.name}/{signal}"] = json.dumps({"type": signal, "topic": follow.name})
        self._signals[follow.name] = mark
        self._news.set()

    async def _drain(self) -> None:
        """Hand the newest of each topic to the page. A hidden page gets it now and then, a slow one when it answers."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._hidden:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HIDDEN_SECONDS):
                        await self._until(lambda: not self._hidden)
            await self._until(lambda: not self._is_slow())
            waiting, self._waiting = self._waiting, {}
            for text in waiting.values():
                await self.send(text)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._news.wait()
            self._news.clear()

    def _is_slow(self) -> bool:
        return self._answers_pings and bool(self._unanswered) and time.monotonic() - self._unanswered > SLOW_SECONDS

    async def _ping(self) -> None:
        """Pages answer a ping when they have taken everything before it; one that never does is gone."""
        while True:
            await asyncio.sleep(PING_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 -- spreads sockets out
            if self._is_slow():
                await self.close(code=TOO_SLOW)
                return
            self._unanswered = time.monotonic()
            await self.send('{"type": "ping"}')

    async def _watch(self) -> None:
        """Whoever has left the organization, or lost a right, stops getting its figures within a minute."""
        while True:
            await asyncio.sleep(CHECK_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311 -- spreads sockets out
            self.organization, self.membership = await self._enter()
            if self.membership is None:
                await self.close(code=NO_ENTRY)
                return
            found = await self._resolve(list(self.follows))
            await self._follow_only({name: follow for name, follow in found.items() if follow})

    @database_sync_to_async
    def _enter(self) -> tuple[Any, Any]:
        slug = self.scope["url_route"]["kwargs"]["slug"]
        organization = Organization.objects.filter(slug=slug, delete_after=None).first()
        user, session = self.scope.get("user"), self.scope.get("session")
        if organization is None or user is None or not user.is_authenticated:
            return organization, None
        if session is not None and not session.exists(session.session_key):
            return organization, None  # signed out since
        if not may_enter(session or {}, organization):
            return organization, None  # began with another organization's sign-in
        found = User.objects.filter(pk=user.pk, is_active=True).first()
        return organization, membership_in(found, organization) if found else None

    @database_sync_to_async
    def _resolve(self, names: list[str]) -> dict[str, Follow | None]:
        with tenant(self.organization.id):
            return {name: resolve(name, self.organization, self.scope["user"], self.membership) for name in names}


def _language(scope: dict[str, Any]) -> str:
    """The language the page is in: the person's, the cookie's, the browser's."""
    known = {code for code, _ in settings.LANGUAGES}
    header = next((value.decode(errors="replace") for name, value in scope.get("headers", ())
                   if name == b"accept-language"), "")
    chosen = [
        getattr(scope.get("user"), "language", ""),
        scope.get("cookies", {}).get(settings.LANGUAGE_COOKIE_NAME, ""),
        *(code for code, _ in parse_accept_lang_header(header)),
    ]
    for code in chosen:
        for form in (code, code.split("-")[0]):
            if form in known:
                return form
    return settings.LANGUAGE_CODE
