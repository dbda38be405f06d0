"""Ending what runs in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.5


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they have ended, however they do.

    Cancelling once is not enough: a library that waits with a time limit can lose the cancellation when it comes in the
    very moment of what it waits for, and the task goes on as if nobody had asked it to end.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        ended, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
        for task in ended:
            if not task.cancelled():
                task.exception()  # looked at, or it would be logged as forgotten
