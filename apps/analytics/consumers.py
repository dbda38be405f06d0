"""The live list of events: `/ws/o/<slug>/stream/`.

page → server: `{"type": "subscribe", "sites": [script ids, or none for all], "filters": {…}, "since": {script id:
place}}`, and `pause`, `resume`, `pong` as on the page's other socket. server → page: `recent` and `events` with rows
and the places reached, `missed` with a number (none when it is not known), `denied`, `ping`.

Every event comes, in order and once: what a hidden or slow page did not take waits in the stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

import orjson
from channels.db import database_sync_to_async
from redis import RedisError

from apps.accounts.access import can
from apps.analytics.selectors import stream
from apps.analytics.stream_reader import Entry, Place, reader
from apps.core.tenancy import tenant
from apps.metrics import consumers
from apps.metrics.consumers import NO_ENTRY, LiveConsumer

GATHER_SECONDS = 0.1
MOST_QUEUED = 2000  # entries; what is behind them is read from the stream again
MOST_ROWS = 1000  # a message
MOST_VISITS = 5000
MOST_SITES = 200
LONGEST_WORD = 100
NO_COMPANY = (0, "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page wants to see; empty means all. `company` is an id, or "any" for visits of companies only."""

    name: str = ""
    country: str = ""
    company: str = ""

    @staticmethod
    def read(given: Any) -> Wanted:
        """What the page says; what is no word is nothing."""
        facts = given if isinstance(given, dict) else {}
        words = (facts.get(key) for key in ("name", "country", "company"))
        return Wanted(*(word[:LONGEST_WORD] if isinstance(word, str) else "" for word in words))

    def matches(self, row: dict[str, Any]) -> bool:
        """Whether the page wants this event."""
        if (self.name and row["name"] != self.name) or (self.country and row["country"] != self.country):
            return False
        if not self.company:
            return True
        return bool(row["company"]) if self.company == "any" else str(row["company"]) == self.company


class StreamConsumer(LiveConsumer):
    """Hands every event of the watched sites to the page. Enters, is checked and pinged like the page's socket."""

    async def connect(self) -> None:
        """Let members in; refuse strangers."""
        self._sites: dict[int, str] = {}
        self._taken: dict[int, Place] = {}
        self._queue: deque[Entry] = deque()
        self._behind = False
        self._wanted = Wanted()
        self._asked: list[str] = []
        self._visits: OrderedDict[int, tuple[int, str]] = OrderedDict()
        self._may_companies = False
        self._turn = asyncio.Lock()
        await super().connect()

    async def disconnect(self, code: int) -> None:
        """Stop watching."""
        for task in self._tasks:
            task.cancel()
        await self._watch_only({})

    def put_entry(self, entry: Entry) -> None:
        """Something new. A page that does not take it gets it from the stream later."""
        if self._hidden or len(self._queue) >= MOST_QUEUED:
            self._queue.clear()
            self._behind = True
        elif not self._behind:
            self._queue.append(entry)
        self._news.set()

    async def _listen_for_person(self) -> None:
        """News for the person come over the page's other socket."""

    async def _subscribe(self, message: dict[str, Any]) -> None:
        sites, since = message.get("sites"), message.get("since")
        self._asked = [name for name in sites if isinstance(name, str)][:MOST_SITES] if isinstance(sites, list) else []
        self._wanted = Wanted.read(message.get("filters"))
        try:
            async with self._turn:
                allowed = await self._allowed()
                if not allowed:
                    await self._watch_only({})
                    await self.send('{"type": "denied"}')
                    return
                await self._begin(allowed, since if isinstance(since, dict) else {})
        except (RedisError, OSError):
            await self.lost()

    async def _begin(self, allowed: dict[int, str], since: dict[str, Any]) -> None:
        """Watch first, look second: what comes in between comes by both ways, and the page knows it by its id."""
        now = await self._watch_only(allowed)
        fresh: dict[int, str] = {}
        lost = False
        for site_id, script in allowed.items():
            place = Place.read(since.get(script))
            if place is not None and place.name == now[site_id].name:
                self._taken[site_id] = place
                await self._catch_up(site_id)
                continue
            lost = lost or place is not None
            self._taken[site_id] = now[site_id]
            fresh[site_id] = script
        if lost:
            await self.send('{"type": "missed", "events": null}')
        if fresh:
            rows = await self._recent(fresh)
            await self._say("recent", rows, list(fresh))

    async def _watch_only(self, wanted: dict[int, str]) -> dict[int, Place]:
        for site_id in set(self._sites) - set(wanted):
            with contextlib.suppress(RedisError, OSError):
                await reader().leave(site_id, self)
            self._taken.pop(site_id, None)
        self._sites = wanted
        return {site_id: await reader().watch(site_id, self) for site_id in wanted}

    async def _catch_up(self, site_id: int) -> None:
        entries, missed = await reader().after(site_id, self._taken[site_id])
        if missed:
            await self.send(json.dumps({"type": "missed", "events": missed, "site": self._sites[site_id]}))
        await self._hand_over(entries)

    async def _drain(self) -> None:
        """Hand over what came, a tenth of a second's worth at a time."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._until(lambda: not self._hidden and not self._is_slow())
            try:
                async with self._turn:
                    await self._take_turn()
            except (RedisError, OSError):
                await self.lost()
            await asyncio.sleep(GATHER_SECONDS)

    async def _take_turn(self) -> None:
        if self._behind:
            self._behind = False
            self._queue.clear()
            for site_id in list(self._taken):
                await self._catch_up(site_id)
        entries, self._queue = list(self._queue), deque()
        await self._hand_over(entries)

    async def _hand_over(self, entries: list[Entry]) -> None:
        rows: list[dict[str, Any]] = []
        for entry in entries:
            taken = self._taken.get(entry.site_id)
            if taken is None or (taken.name == entry.place.name and entry.place.order <= taken.order):
                continue
            self._taken[entry.site_id] = entry.place
            rows += [{**row, "site": self._sites[entry.site_id]} for row in entry.rows]
            if len(rows) >= MOST_ROWS:
                await self._say("events", await self._with_companies(rows), list(self._taken))
                rows = []
        if entries:
            await self._say("events", await self._with_companies(rows), list(self._taken))

    async def _say(self, kind: str, rows: list[dict[str, Any]], sites: list[int]) -> None:
        places = {self._sites[site]: [(p := self._taken[site]).name, p.entry, p.count] for site in sites}
        shown = [row for row in rows if self._wanted.matches(row)]
        await self.send(orjson.dumps({"type": kind, "rows": shown, "at": places}).decode())

    async def _with_companies(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The company of each visit, looked up once a visit; only for people who may see companies."""
        if self._may_companies:
            unknown = {visit for row in rows if (visit := int(row["visit"])) and visit not in self._visits}
            if unknown:
                found = await self._companies(unknown)
                self._visits.update({visit: found.get(visit, NO_COMPANY) for visit in unknown})
        for row in rows:
            row["company"], row["company_name"] = self._visits.get(int(row["visit"]), NO_COMPANY)
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        return rows

    async def _watch(self) -> None:
        """Whoever has left, or may no longer see a site, gets nothing more of it within a minute."""
        while True:
            await asyncio.sleep(consumers.CHECK_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311 -- spreads sockets out
            self.organization, self.membership = await self._enter()
            if self.membership is None:
                await self.close(code=NO_ENTRY)
                return
            async with self._turn:
                allowed = await self._allowed()
                kept = {site: script for site, script in self._sites.items() if site in allowed}
                if len(kept) < len(self._sites):
                    await self._watch_only(kept)
                    if not kept:
                        await self.send('{"type": "denied"}')

    @database_sync_to_async
    def _allowed(self) -> dict[int, str]:
        """The sites the page asked for, as far as the person may see them."""
        user = self.scope["user"]
        with tenant(self.organization.id):
            self._may_companies = can(user, "company.view", membership=self.membership)
            sites = stream.sites_watched(user, self.membership)
        return {
            site.id: site.script_id for site in sites if not self._asked or site.script_id in self._asked
        }

    @database_sync_to_async
    def _recent(self, sites: dict[int, str]) -> list[dict[str, Any]]:
        with tenant(self.organization.id):
            rows = stream.recent(list(sites))
            companies = stream.companies_of(int(row["visit"]) for row in rows) if self._may_companies else {}
        for row in rows:
            row["site"] = sites[row.pop("site_id")]
            row["company"], row["company_name"] = companies.get(int(row["visit"]), NO_COMPANY)
        return rows

    @database_sync_to_async
    def _companies(self, visits: set[int]) -> dict[int, tuple[int, str]]:
        with tenant(self.organization.id):
            return stream.companies_of(visits)
