"""The processes of this installation on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.conf import settings

_ROLES = {
    "config.asgi": "web",
    "config.collector": "collector",
    "run_pipeline": "pipeline",
    "run_deliverer": "deliverer",
    "worker": "worker",
    "beat": "beat",
    "simulate_visitors": "visitors",
}


@dataclass(frozen=True, slots=True)
class Running:
    """One process: what it does, and what it takes. Memory counts shared pages to each."""

    role: str
    pid: int
    memory_bytes: int
    cpu_seconds: float
    uptime_seconds: float


def running() -> list[Running]:
    """Ours, by role; those of other users cannot be looked into and are left out."""
    return sorted(_ours(), key=lambda process: (process.role, process.pid))


def _ours() -> Iterator[Running]:
    root = Path(settings.BASE_DIR).resolve()
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            role = _role(words)
            if role is None or Path(process.cwd()).resolve() != root:
                continue
            with process.oneshot():
                times = process.cpu_times()
                yield Running(
                    role, process.pid, process.memory_info().rss, times.user + times.system,
                    time.time() - process.create_time(),
                )  # fmt: skip
        except (psutil.Error, OSError):
            continue


def _role(words: list[str]) -> str | None:
    if not words or "python" not in words[0]:
        return None
    for mark, role in _ROLES.items():
        is_celery = role in {"worker", "beat"}
        if any(word.split(":")[0] == mark for word in words) and (not is_celery or "celery" in words):
            return role
    return None
