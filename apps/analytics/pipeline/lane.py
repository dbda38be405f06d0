"""A second pair of hands: PostgreSQL works on what is ready while this process prepares what comes next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Lane:
    """Runs what it is given, one after the other, in a thread of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pipeline-lane")
        self._given: list[Future[Any]] = []

    def run(self, work: Callable[..., Any], *args: Any) -> None:
        """Do this after everything given before."""
        self._given.append(self._pool.submit(work, *args))

    def finish(self) -> None:
        """Wait until everything is done; raises the first error there was, when all has ended."""
        given, self._given = self._given, []
        errors = [error for future in given if (error := future.exception()) is not None]
        if errors:
            raise errors[0]
