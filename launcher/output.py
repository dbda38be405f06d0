"""A child's output, cut into lines."""

from __future__ import annotations

import os
from collections.abc import Callable

LONGEST = 16_384


class Lines:
    """Gathers bytes of a pipe and hands on whole lines, however they were split on the way."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Hand on every line that is now complete; one without an end is cut at `LONGEST` bytes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._hand_on(line)
        if len(self._rest) > LONGEST:
            self.flush()

    def flush(self) -> None:
        """Hand on what has no line end yet."""
        rest, self._rest = self._rest, b""
        if rest:
            self._hand_on(rest)

    def drain(self, descriptor: int) -> bool:
        """Take what a non-blocking pipe holds; False at its end."""
        while True:
            try:
                data = os.read(descriptor, 65_536)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            self.feed(data)

    def _hand_on(self, line: bytes) -> None:
        if text := line.decode(errors="replace").rstrip():
            self._emit(text)
