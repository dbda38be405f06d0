"""A collector within the test's own process, and what is asked of it and of its inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import psycopg
from django.db import connection

from apps.analytics.collector.app import Collector
from apps.analytics.database import address
from tests.analytics.conftest import CHROME, view


class Door:
    """A collector within this process, and a client that talks to it."""

    def __init__(self, app: Collector) -> None:
        self.app = app
        transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 5000))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://collect.test")

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/api/track", content=raw, headers={"User-Agent": CHROME, **names})

    async def __aenter__(self) -> Door:
        await self.app.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.aclose()
        await self.app.stop()


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """The ORM has its own connection in every thread, which must not outlive the work."""

    def run() -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


def inbox() -> list[dict[str, Any]]:
    with psycopg.connect(address()) as found, found.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute("SELECT * FROM analytics_inbox WHERE origin <> 2 ORDER BY id").fetchall()


def event(name: str = "pageview", **more: Any) -> dict[str, Any]:
    return {"site": "shopshopshop", **view(), "name": name, **more}
