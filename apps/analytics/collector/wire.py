"""One COPY after the other over libpq, without the layers between: at hundreds of commits a second they would cost more
than the commits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import psycopg
from psycopg import pq

_PIECE = 1 << 20


class CopyConnection:
    """A connection that only ever copies into one table."""

    def __init__(self, connection: psycopg.AsyncConnection, statement: str, on_close: Callable[[], None]) -> None:
        self._connection = connection
        self._conn = connection.pgconn
        self._statement = statement.encode()
        self._loop = asyncio.get_running_loop()
        self._socket = self._conn.socket
        self._on_close = on_close
        self._readable: asyncio.Future[None] | None = None
        self._copying = False
        self._conn.nonblocking = 1
        self._loop.add_reader(self._socket, self._wake)

    def _wake(self) -> None:
        waiting = self._readable
        if waiting is not None:
            if not waiting.done():
                waiting.set_result(None)
        elif not self._copying:
            # Nobody waits: an echo of what was read already, or the server going away.
            with contextlib.suppress(psycopg.OperationalError):
                self._conn.consume_input()
            if self._conn.status != pq.ConnStatus.OK:
                self._forget_socket()
                self._on_close()

    def _forget_socket(self) -> None:
        if self._socket >= 0:
            self._loop.remove_reader(self._socket)
            self._socket = -1

    @property
    def is_open(self) -> bool:
        """Whether the server has not been seen going away."""
        return self._socket >= 0 and self._conn.status == pq.ConnStatus.OK

    async def copy(self, data: bytes) -> None:
        """Copy one complete block and commit it. Raises psycopg.Error; then it is not known whether it is stored."""
        conn = self._conn
        if not self.is_open:
            raise psycopg.OperationalError("the connection has been closed by the server")
        self._copying = True
        conn.send_query(self._statement)
        await self._flushed()
        await self._expect(pq.ExecStatus.COPY_IN)
        for start in range(0, len(data), _PIECE):
            conn.put_copy_data(data[start : start + _PIECE] if len(data) > _PIECE else data)
            await self._flushed()
        conn.put_copy_end()
        await self._flushed()
        await self._expect(pq.ExecStatus.COMMAND_OK)
        while await self._result() is not None:
            pass
        self._copying = False

    async def _expect(self, status: pq.ExecStatus) -> None:
        result = await self._result()
        if result is None or result.status != status:
            message = result.error_message if result is not None else b"no result"
            raise psycopg.OperationalError(bytes(message).decode("utf-8", "replace").strip() or "unexpected result")

    async def _result(self) -> pq.abc.PGresult | None:
        conn = self._conn
        while conn.is_busy():
            self._readable = self._loop.create_future()
            try:
                await self._readable
            finally:
                self._readable = None
            conn.consume_input()
        return conn.get_result()

    async def _flushed(self) -> None:
        conn = self._conn
        while conn.flush():
            writable = self._loop.create_future()
            self._loop.add_writer(self._socket, lambda writable=writable: writable.done() or writable.set_result(None))
            try:
                await writable
            finally:
                self._loop.remove_writer(self._socket)
            conn.consume_input()

    def close(self) -> None:
        """Let go at once."""
        self._forget_socket()
        self._conn.finish()
