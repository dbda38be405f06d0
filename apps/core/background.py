"""Background work: how a task is declared, and how it is asked for so that a crash does not lose it.

What must not be lost is a row with a state that a scheduled sweep finds again; asking for a task only makes it
sooner. Receivers of events need no row of their own: what they ask for is kept on the outbox receipt until the
broker has it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from celery import Task, current_app, shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from apps.core.tenancy import tenant

log = structlog.get_logger(__name__)

Ask = list[Any]  # [task name, [arguments]]
PRIMITIVES = (str, int, float, bool, type(None))

_asked: ContextVar[list[Ask] | None] = ContextVar("mainstay_asked", default=None)


class PatientTask(Task):
    """Every task's class: while PostgreSQL is away it waits for it instead of failing, which would lose the work.

    Scheduled tasks need not: the next one comes anyway.
    """

    autoretry_for = (OperationalError, InterfaceError)
    max_retries = None
    retry_backoff = 1
    retry_backoff_max = 30

    def retry(self, *args: Any, **options: Any) -> Any:
        """Ask for another attempt; a scheduled task fails with what stopped it."""
        if isinstance(options.get("exc"), self.autoretry_for) and self.name in _scheduled():
            raise options["exc"]
        return super().retry(*args, **options)


@functools.cache
def _scheduled() -> frozenset[str]:
    return frozenset(entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values())


def tenant_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Declare a Celery task whose first argument is the organization's id; it runs in that organization's scope."""

    def declare(function: Callable[..., Any]) -> Any:
        @functools.wraps(function)
        def scoped(org_id: int, *args: Any) -> Any:
            with tenant(org_id), structlog.contextvars.bound_contextvars(organization_id=org_id):
                return function(org_id, *args)

        return shared_task(**options)(scoped)

    return declare


def enqueue(task: Any, *args: Any) -> None:
    """Ask for a task (or one by name) when the running transaction has committed. Arguments are plain scalars or
    lists of them.

    Without a broker the task is not run and nothing is raised: the sweep that belongs to its rows finds them.
    """
    _refuse_objects(args)
    name = task if isinstance(task, str) else task.name
    asked = _asked.get()
    if asked is not None:
        asked.append([name, list(args)])
        return
    transaction.on_commit(functools.partial(_try_send, name, list(args)), robust=True)


@contextmanager
def collected() -> Iterator[list[Ask]]:
    """Gather what is asked for inside instead of sending it; the relay stores it with the receipt."""
    asked: list[Ask] = []
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)


def send(name: str, args: list[Any]) -> None:
    """Hand a task to the broker now; raises when the broker is not there."""
    task = current_app.tasks.get(name)
    if task is not None:
        task.apply_async(args=args, retry=False, ignore_result=True)
    else:
        current_app.send_task(name, args=args, retry=False, ignore_result=True)


def _try_send(name: str, args: list[Any]) -> None:
    try:
        send(name, args)
    except Exception as error:
        log.warning("background.broker_unreachable", task=name, reason=type(error).__name__)


def _refuse_objects(args: tuple[Any, ...]) -> None:
    for arg in args:
        members = arg if isinstance(arg, list) else [arg]
        if not all(isinstance(member, PRIMITIVES) for member in members):
            raise TypeError("tasks take plain scalars: pass ids, never rows")
