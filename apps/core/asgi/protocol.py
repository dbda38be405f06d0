"""uvicorn's protocol with an end to what a stranger may begin: a head of a size, and a request within a time.

uvicorn with httptools keeps a request's head in memory however long it grows, and waits for its rest forever.
Chosen with `uvicorn --http apps.core.asgi.protocol:BoundedProtocol`; the collector's own protocol extends it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30.0
REQUEST_SECONDS = 300.0  # a piece of an upload (4 MB) takes so long over 100 kbit/s
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose head is too long, or whose request does not become whole in time.

    A request that comes in one piece, as nearly all do, costs no timer.
    """

    in_head = in_request = _is_whole = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A connection on which nothing is asked counts as a head that does not come."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has gone."""
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and see whether what was begun is whole."""
        was_in_head, self._is_whole = self.in_head, False
        super().data_received(data)
        if self.in_head:
            self._watch_head(len(data), was_in_head)
        elif self.in_request and (was_in_head or self._deadline is None):
            self._start_deadline(REQUEST_SECONDS)
        elif not self.in_request and not self._is_whole and self._deadline is None:
            self._start_deadline(HEAD_SECONDS)  # empty lines, which stop uvicorn's own time for idle connections

    def _watch_head(self, size: int, was_in_head: bool) -> None:
        self._head_bytes = self._head_bytes + size if was_in_head else size
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LONG)
            self.transport.close()
        elif self._deadline is None:
            self._start_deadline(HEAD_SECONDS)

    def on_message_begin(self) -> None:
        """A request begins."""
        self.in_head = self.in_request = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self.in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is here."""
        self.request_is_whole()
        super().on_message_complete()

    def request_is_whole(self) -> None:
        """From here on the application takes its time."""
        self.in_request, self._is_whole = False, True
        self._stop_deadline()

    def handle_websocket_upgrade(self) -> None:
        """From here on another protocol has the connection, and it has its own pings."""
        self._stop_deadline()
        super().handle_websocket_upgrade()

    def _start_deadline(self, seconds: float) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(seconds, self._too_late)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
