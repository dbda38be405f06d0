"""Who a process is: its number and when it began, so that a number used again is never mistaken for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from launcher.places import write_private


@dataclass(frozen=True)
class Identity:
    """A process that no other can be taken for."""

    pid: int
    began: str


def identify(pid: int) -> Identity | None:
    """The identity of a running process; None when there is none (a zombie is none)."""
    if sys.platform == "linux":
        try:
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except (OSError, ValueError):
            return None
        return None if after_name[0] in "ZX" else Identity(pid, f"{boot}:{after_name[19]}")
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True).stdout.split()
    return None if not shown or shown[0].startswith("Z") else Identity(pid, " ".join(shown[1:]))


def command(pid: int) -> str:
    """The name of the program a process runs; empty when there is no such process."""
    shown = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True).stdout
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            shown = Path(f"/proc/{pid}/comm").read_text()
    return Path(shown.strip()).name


def signal_group(pid: int, number: int) -> None:
    """Signal a child and all it started; every child leads a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


class Register:
    """The file that names the children, for the launcher that comes after one that was killed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._children: dict[int, tuple[Identity, int]] = {}

    def add(self, pid: int, stop_signal: int) -> None:
        """Note a child that has just been started."""
        if known := identify(pid):
            self._children[pid] = (known, stop_signal)
            self._save()

    def remove(self, pid: int) -> None:
        """Forget a child that has ended."""
        if self._children.pop(pid, None):
            self._save()

    def end_leftovers(self, patience_seconds: float = 6) -> int:
        """End what an earlier launcher left running, and say how many those were. Others' processes are not touched."""
        left = [(known, number) for known, number in self._read() if identify(known.pid) == known]
        for known, number in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(known.pid, number)
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline and any(identify(known.pid) == known for known, _ in left):
            time.sleep(0.05)
        for known, _ in left:
            if identify(known.pid) == known:
                signal_group(known.pid, signal.SIGKILL)
        self.path.unlink(missing_ok=True)
        return len(left)

    def _read(self) -> list[tuple[Identity, int]]:
        try:
            rows = json.loads(self.path.read_text())
            return [(Identity(row["pid"], row["began"]), row["stop"]) for row in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _save(self) -> None:
        rows = [{"pid": k.pid, "began": k.began, "stop": int(n)} for k, n in self._children.values()]
        write_private(self.path, json.dumps(rows))
