"""Commits what has arrived: one COPY for everything that came in while the one before ran.

A request waits for the commit that holds its row, so that "accepted" means "on disk". While PostgreSQL is away nothing
is accepted; the connection is tried again until it is back.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any, Protocol

import psycopg
import structlog

from apps.analytics.collector.wire import CopyConnection

log = structlog.get_logger(__name__)

_COPY = "COPY analytics_inbox (received_at, site_id, origin, events, ip, ua, body) FROM STDIN (FORMAT BINARY)"
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_FIXED = struct.Struct(">hiqiqihii")
_LENGTH = struct.Struct(">i")
_EPOCH_MS = 946_684_800_000  # PostgreSQL counts from the year 2000
LONGEST_WAIT_SECONDS = 10.0


class Unavailable(Exception):
    """Nothing can be stored now."""


class Waiter(Protocol):
    """Who is called when rows are committed."""

    def committed(self, stored: bool, handed: Any) -> None:
        """`handed` is what was given along with the rows."""


class _Group:
    """Rows that will be committed together, and the answer all of their requests wait for."""

    __slots__ = ("_done", "rows", "told")

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.told: list[tuple[Waiter, Any]] = []
        self._done: asyncio.Future[None] | None = None

    @property
    def done(self) -> asyncio.Future[None]:
        """Ends with the commit, or with Unavailable."""
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
            self._done.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._done

    def end(self, stored: bool) -> None:
        """Tell everybody."""
        if self._done is not None and not self._done.done():
            if stored:
                self._done.set_result(None)
            else:
                self._done.set_exception(Unavailable())
        told, self.told = self.told, []
        for waiter, handed in told:
            waiter.committed(stored, handed)


def row_of(received_ms: int, site_id: int, origin: int, events: int, ip: bytes, ua: bytes, body: bytes) -> bytes:
    """A row of the inbox in PostgreSQL's binary form."""
    return b"".join((
        _FIXED.pack(7, 8, (received_ms - _EPOCH_MS) * 1000, 8, site_id, 2, origin, 4, events),
        _LENGTH.pack(len(ip)), ip, _LENGTH.pack(len(ua)), ua, _LENGTH.pack(len(body)), body,
    ))


class Committer:
    """Owns the one connection that writes the inbox."""

    def __init__(self, address: str, most_waiting: int = 20_000) -> None:
        self._address = address
        self._most = most_waiting
        self._connection: CopyConnection | None = None
        self._group: _Group | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.commits = 0
        self.rows = 0

    @property
    def is_ready(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None and self._connection.is_open

    async def start(self, on_failure: Callable[[], None] = lambda: None) -> None:
        """Begin to commit; connects in the background."""
        self._on_failure = on_failure
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Commit what is waiting, then let go."""
        self._closing = True
        self._wake.set()
        if self._task:
            await self._task

    def add(self, rows: list[bytes]) -> asyncio.Future[None]:
        """Hand rows over; the future ends when they are committed, or with Unavailable."""
        return self._joined(rows).done

    def add_for(self, rows: list[bytes], waiter: Waiter, handed: Any) -> None:
        """The same without a future: `waiter.committed` is called, never before this returns."""
        self._joined(rows).told.append((waiter, handed))

    def _joined(self, rows: list[bytes]) -> _Group:
        if not self.is_ready or self._closing:
            raise Unavailable
        group = self._group
        if group is None:
            group = self._group = _Group()
            self._wake.set()
        elif len(group.rows) >= self._most:
            raise Unavailable
        group.rows += rows
        return group

    async def _run(self) -> None:
        pause = 0.1
        while not self._closing:
            try:
                await self._connect()
                pause = 0.1
                await self._commit_until_closed()
            except (psycopg.Error, OSError) as error:
                log.warning("collector.database_gone", error=str(error).strip())
                self._fail()
                self._on_failure()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
        self._fail()

    async def _connect(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._address, autocommit=True)
        await connection.execute("SET synchronous_commit = on")
        self._connection = CopyConnection(connection, _COPY, self._wake.set)

    async def _commit_until_closed(self) -> None:
        while True:
            if not self._closing:
                await self._wake.wait()
            # Whoever has arrived already comes along: their requests are read before this goes on.
            await asyncio.sleep(0)
            self._wake.clear()
            group, self._group = self._group, None
            if group is None:
                if self._closing:
                    return
                if not self.is_ready:
                    raise psycopg.OperationalError("the server closed the connection")
                continue
            try:
                async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                    await self._commit(group.rows)
            except TimeoutError as error:
                group.end(stored=False)
                raise psycopg.OperationalError("a commit took too long") from error
            except BaseException:
                group.end(stored=False)
                raise
            group.end(stored=True)

    async def _commit(self, rows: list[bytes]) -> None:
        await self._connection.copy(b"".join((_HEADER, *rows, _TRAILER)))  # type: ignore[union-attr]
        self.commits += 1
        self.rows += len(rows)

    def _fail(self) -> None:
        """The connection is gone: whoever waits is told so. What was being committed may be stored nevertheless; the
        sender's repeat is then known by its event id."""
        connection, self._connection = self._connection, None
        group, self._group = self._group, None
        if group is not None:
            group.end(stored=False)
        if connection is not None:
            connection.close()
