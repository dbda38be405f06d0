"""DuckDB inside this process: loaded with the first question that wants it, held to its memory and threads, and to the
folder of the column files."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.files import root
from apps.metrics.contracts import QueryTooSlow

if TYPE_CHECKING:
    import duckdb

_lock = threading.Lock()
_opened: dict[str, duckdb.DuckDBPyConnection] = {}
_THREADS = 2


class DuckCursor:
    """A cursor as PostgreSQL's: parameters are written %s, and times are instants of any zone."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement."""
        self._cursor.execute(sql.replace("%s", "?"), [_naive(value) for value in params])

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row of it."""
        return self._cursor.fetchall()  # type: ignore[no-any-return]

    def fetchone(self) -> Any:
        """The next row."""
        return self._cursor.fetchone()


@contextmanager
def reading(seconds: float) -> Iterator[DuckCursor]:
    """A cursor for questions that together may take so many seconds; raises QueryTooSlow after them, and where they
    want more memory than they may have, and CopiesGone."""
    import duckdb  # noqa: PLC0415 -- it costs every process 20 MB, and most never ask

    cursor = _connection().cursor()
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield DuckCursor(cursor)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        raise QueryTooSlow(str(error)) from error
    except duckdb.IOException as error:
        raise CopiesGone(str(error)) from error
    finally:
        timer.cancel()
        cursor.close()


@contextmanager
def writing() -> Iterator[Any]:
    """A connection of its own, for making files; what does not fit into its memory goes beside them, until it is
    closed. It has one thread: each would want memory of its own, and nobody waits."""
    connection = _connect(spill=True)
    try:
        yield connection
    finally:
        connection.close()


def no_memory() -> type[Exception]:
    """What is raised where more memory is wanted than there may be."""
    import duckdb  # noqa: PLC0415 -- as above

    return duckdb.OutOfMemoryException


def _connection() -> duckdb.DuckDBPyConnection:
    folder = str(root())
    with _lock:
        if folder not in _opened:
            _opened[folder] = _connect()
        return _opened[folder]


def _connect(*, spill: bool = False) -> duckdb.DuckDBPyConnection:
    import duckdb  # noqa: PLC0415 -- as above

    folder = root()
    if folder is None:
        raise LookupError("COLUMNS_DIR is not set")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = duckdb.connect(config={
        "memory_limit": f"{settings.COLUMNS_MEMORY}MB", "threads": 1 if spill else _THREADS,
        "autoinstall_known_extensions": False, "autoload_known_extensions": False,
        "temp_directory": str(folder / "spill") if spill else "",
    })
    # Files are never changed, so what was read of them stays true.
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute(f"SET allowed_directories = ['{quoted(str(folder))}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def quoted(text: str) -> str:
    """A text as it stands between quotes in SQL."""
    return text.replace("'", "''")


def _naive(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
