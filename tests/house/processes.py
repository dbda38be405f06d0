"""A program that a test starts, kills and starts again, always by its own id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from launcher.children import Program, spawn

# A Django process starts in two seconds on an idle machine and in a minute on a busy slow one. Only a run that fails
# anyhow waits this long.
PATIENCE_SECONDS = 300.0


class NotThere(Exception):
    """Something did not come about in time; the message says what, and what the logs say."""


class Process:
    """One program with its log."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = replace(program, log=log)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """Its number; raises NotThere when it was never started."""
        if self.process is None:
            raise NotThere(f"{self.program.name} was never started")
        return self.process.pid

    def start(self) -> None:
        """Start it, unless it runs."""
        if not self.is_alive:
            self.process = spawn(self.program)

    def kill(self) -> None:
        """kill -9, with all it has started."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and kill it when it does not."""
        for number, seconds in self.program.stops:
            if not self.is_alive or self.process is None:
                break
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self.kill()

    def _signal(self, number: int) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"{self.program.name}:\n" + "\n".join(text.splitlines()[-lines:])


def wait_for(known: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.05) -> float:
    """Wait until `known()` is true; gives the seconds that took, raises NotThere with `what`."""
    began = time.monotonic()
    while not known():
        if time.monotonic() - began > seconds:
            raise NotThere(f"{what} did not come about within {seconds:.0f} s")
        time.sleep(every)
    return time.monotonic() - began
