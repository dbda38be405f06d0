"""What tests do with a page's socket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from apps.accounts.models import Organization
from apps.metrics import live

Open = Callable[..., Any]


async def follow(socket: WebsocketCommunicator, *topics: str, **more: Any) -> dict[str, Any]:
    await socket.send_json_to({"type": "subscribe", "topics": list(topics), **more})
    return await socket.receive_json_from(timeout=5)


async def heard(socket: WebsocketCommunicator, seconds: float) -> list[dict[str, Any]]:
    """Everything that comes within so many seconds."""
    found, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if socket.output_queue.empty():
            await asyncio.sleep(min(left, 0.01))
        else:
            found.append(json.loads((await socket.receive_output())["text"]))
    return found


async def until(socket: WebsocketCommunicator, value: int, key: str = "shop.orders") -> list[dict[str, Any]]:
    """Everything that comes until a figure has this value."""
    found: list[dict[str, Any]] = []
    while not found or found[-1].get("values", {}).get(key, {}).get("value") != value:
        found.append(await socket.receive_json_from(timeout=10))
    return found


def mark(organization: Organization, source: str = "points") -> Any:
    return sync_to_async(live.mark_dirty)([organization.id], source)
