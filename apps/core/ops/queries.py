"""Every query is counted for the request it belongs to, and written down when it was slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.signals import connection_created

log = structlog.get_logger(__name__)
LONGEST = 600  # characters of SQL in a log line


@dataclass(slots=True)
class Tally:
    """What one request asked of the database."""

    queries: int = 0
    milliseconds: float = 0.0


_tally: ContextVar[Tally | None] = ContextVar("mainstay_queries", default=None)


@contextmanager
def counted() -> Iterator[Tally]:
    """Count the queries made inside."""
    token = _tally.set(Tally())
    try:
        yield _tally.get()  # type: ignore[misc]
    finally:
        _tally.reset(token)


def watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """The wrapper around every statement. Values are never logged, only the statement."""
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        spent = (time.perf_counter() - started) * 1000
        if tally := _tally.get():
            tally.queries += 1
            tally.milliseconds += spent
        if spent >= settings.SLOW_QUERY_MS:
            log.warning("database.slow", ms=round(spent, 1), sql=str(sql)[:LONGEST])


def _watch_connection(connection: Any, **_: Any) -> None:
    if watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(watch)


def install() -> None:
    """Watch every connection from its start; called once when the apps are ready."""
    connection_created.connect(_watch_connection, dispatch_uid="mainstay-queries")
