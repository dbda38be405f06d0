"""One line and one measurement for every background task."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import signals

from apps.core.ops import measures

log = structlog.get_logger("mainstay.task")
_started: dict[str, float] = {}


def _begin(task_id: str, task: Any, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    _started[task_id] = time.perf_counter()


def _end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    seconds = time.perf_counter() - _started.pop(task_id, time.perf_counter())
    measures.tasks.labels(task.name, state or "UNKNOWN").observe(seconds)
    tell = log.error if state == "FAILURE" else log.info
    tell("task", state=state, ms=round(seconds * 1000, 1))
    structlog.contextvars.clear_contextvars()


def install() -> None:
    """Watch every task of this process; called once when the apps are ready."""
    signals.task_prerun.connect(_begin, dispatch_uid="mainstay-task-begin")
    signals.task_postrun.connect(_end, dispatch_uid="mainstay-task-end")
