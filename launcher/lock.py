"""One launcher at a time: a file lock, taken before anything is touched."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.errors import CannotStart


class Busy(CannotStart):
    """Another launcher holds the lock."""


def holder(path: Path) -> int | None:
    """The process that wrote itself into the lock file last, if that can be read."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


@contextmanager
def held(path: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock for the length of the block; raises Busy when another keeps it longer than `wait_seconds`.

    The kernel frees it when the process dies, however it dies, and no child inherits it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_seconds
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(f"Mainstay is already running from here (process {holder(path)}).") from None
                time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
