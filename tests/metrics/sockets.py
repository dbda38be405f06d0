"""What tests do with a page's socket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from apps.accounts.models import Organization
from apps.metrics import live
from tests.house.page_socket import PageSocket

Open = Callable[..., Any]
PATIENCE_SECONDS = 60  # only a run that fails waits this long


async def follow(socket: PageSocket, *topics: str, **more: Any) -> dict[str, Any]:
    await socket.send_json_to({"type": "subscribe", "topics": list(topics), **more})
    return await socket.receive_json_from(timeout=PATIENCE_SECONDS)


async def heard(socket: PageSocket, seconds: float) -> list[dict[str, Any]]:
    """Everything that comes within so many seconds."""
    found, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if socket.output_queue.empty():
            await asyncio.sleep(min(left, 0.01))
        else:
            found.append(json.loads((await socket.receive_output())["text"]))
    return found


async def until(socket: PageSocket, value: int, key: str = "shop.orders") -> list[dict[str, Any]]:
    """Everything that comes until a figure has this value."""
    found: list[dict[str, Any]] = []
    while not found or found[-1].get("values", {}).get(key, {}).get("value") != value:
        found.append(await socket.receive_json_from(timeout=PATIENCE_SECONDS))
    return found


async def until_type(socket: PageSocket, kind: str) -> list[dict[str, Any]]:
    """Everything that comes until a message is of this type."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] != kind:
        found.append(await socket.receive_json_from(timeout=PATIENCE_SECONDS))
    return found


async def settled(shop: Any, organization: Organization, *sockets: PageSocket) -> None:
    """Sell one thing and wait until every page shows it: what their opening has set off is over then."""
    shop.add(organization, timezone.now(), "1")
    await mark(organization)
    for socket in sockets:
        await until(socket, 1)
    await heard(sockets[0], 1.2)


def mark(organization: Organization, source: str = "points") -> Any:
    return sync_to_async(live.mark_dirty)([organization.id], source)
