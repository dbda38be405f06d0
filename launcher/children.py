"""Programs, and how one is started so that it cannot outlive the launcher."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
SERVICE, APPLICATION = 1, 0


@dataclass(frozen=True)
class Program:
    """Something to run, and how to end it."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    restart: str = "always"  # always · failure (not after exit code 0) · never
    # What to send, and how many seconds to wait for each, before SIGKILL.
    stops: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 6.0),)
    stage: int = APPLICATION  # applications end before the services they use
    owner: tuple[int, int] | None = None  # user and group, when it must not be ours
    keep: tuple[int, ...] = field(default=())  # file descriptors it inherits
    log: Path | None = None  # a file instead of the terminal


def _die_with(parent: int, number: int) -> Callable[[], None] | None:
    if LIBC is None:
        return None

    def ask_kernel() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # the launcher died before the kernel was asked
            os._exit(1)

    return ask_kernel


def spawn(program: Program, *, foreground: bool = False) -> subprocess.Popen[bytes]:
    """Start a program. Must be called from the main thread: the kernel counts the death of the starting thread.

    In the foreground it keeps the terminal (standard streams and Ctrl-C); otherwise it leads a group of its own and
    its output comes through a pipe or goes to its log file.
    """
    options: dict[str, object] = {}
    if program.owner is not None:
        options |= {"user": program.owner[0], "group": program.owner[1], "extra_groups": []}
    opened = None
    if not foreground:
        opened = program.log.open("ab") if program.log else None
        options |= {
            "stdin": subprocess.DEVNULL,
            "stdout": opened or subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "start_new_session": True,
        }
    try:
        return subprocess.Popen(
            program.argv,
            env=None if program.env is None else dict(program.env),
            cwd=program.cwd,
            pass_fds=program.keep,
            preexec_fn=_die_with(os.getpid(), int(program.stops[0][0])),
            **options,
        )
    finally:
        if opened:
            opened.close()


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
