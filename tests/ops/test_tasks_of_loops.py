"""Tasks of an event loop end when they are told to."""

from __future__ import annotations

import asyncio
import contextlib

from apps.core.asgi.tasks import end


async def test_a_task_that_loses_its_first_cancellation_ends() -> None:
    lost: list[int] = []

    async def deaf() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost.append(1)
                if len(lost) > 2:
                    raise

    async def broken() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise ValueError

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(broken())]
    await asyncio.sleep(0)
    await asyncio.wait_for(end(tasks), 60)

    assert len(lost) == 3
    assert [task.done() for task in tasks] == [True, True]
    await end([])
