"""The short way for the one request that comes by the ten thousands: `POST /api/track` without an API key.

uvicorn makes a task, a scope and several coroutines for every request; here the body goes from the parser straight to
the committer, which writes the answer once the row is on disk. Every other request, and one in an unusual form, takes
uvicorn's own way to the ASGI application, whose answers are the same. Chosen with
`uvicorn --http apps.analytics.collector.protocol:TrackProtocol`; without it everything still works, more slowly.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import psycopg

from apps.analytics.collector.app import PLAIN_BODY, Collector
from apps.analytics.collector.committer import Unavailable
from apps.analytics.collector.reading import Reading, Refused
from apps.analytics.collector.refusals import Wait, refusal
from apps.analytics.collector.validation import MOST_BYTES
from apps.core.asgi.protocol import BoundedProtocol

_HEAD = b"content-type: application/json\r\naccess-control-allow-origin: *\r\ncontent-length: "
_STATUS = {
    202: b"HTTP/1.1 202 Accepted\r\n", 400: b"HTTP/1.1 400 Bad Request\r\n", 404: b"HTTP/1.1 404 Not Found\r\n",
    413: b"HTTP/1.1 413 Content Too Large\r\n", 429: b"HTTP/1.1 429 Too Many Requests\r\n",
    503: b"HTTP/1.1 503 Service Unavailable\r\n",
}
_UNUSUAL = {b"authorization", b"expect", b"upgrade", b"transfer-encoding", b"content-encoding"}


def _answer(status: int, body: bytes, wait: int = 0) -> bytes:
    retry = b"\r\nretry-after: %d" % wait if wait else b""
    return b"%b%b%d%b\r\n\r\n%b" % (_STATUS[status], _HEAD, len(body), retry, body)


_PLAIN = _answer(202, PLAIN_BODY)


class TrackProtocol(BoundedProtocol):
    """uvicorn's protocol with a shorter way for tracked events."""

    _collector: Collector | None = None
    _short = False
    _waiting = 0
    _last = False
    _used = False
    _watched = False

    def on_message_begin(self) -> None:
        """A request begins; what uvicorn needs for it is made only if it takes the long way."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._unusual = self._short = False
        self.in_head = self.in_request = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        name = name.lower()
        self.headers.append((name, value))
        if name in _UNUSUAL:
            self._unusual = True

    def on_headers_complete(self) -> None:
        """Choose the way."""
        self.in_head = False
        if (
            self.url == b"/api/track" and not self._unusual and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
        ):
            self._short, self._began = True, perf_counter()
            self._parts: list[bytes] = []
            self._size = 0
            return
        if self._waiting:
            # An answer that is not yet due cannot be overtaken by another: the sender must ask again.
            self._last = True
            return
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if not self._short:
            if not self._last:
                super().on_body(body)
            return
        self._size += len(body)
        self._parts.append(body)
        if self._size > MOST_BYTES:
            # The rest is not waited for.
            self._short = False
            self._last = True
            if not self._overtakes():
                self._refuse(Refused(413, "too_large", f"at most {MOST_BYTES} bytes fit into one request"), False)

    def on_message_complete(self) -> None:
        """The request is there: commit its events, answer when that is done."""
        self.request_is_whole()
        if not self._short:
            if not self._last:
                super().on_message_complete()
            return
        collector = self._found()
        keep = self.parser.should_keep_alive()
        try:
            raw = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            reading, rows = collector.check(self.headers, self.client, raw, None)
            if rows:
                collector.committer.add_for(rows, self, (reading, self._began, keep))
                self._waiting += 1
                return
        except (Refused, Wait, Unavailable, psycopg.Error) as error:
            if not self._overtakes():
                self._refuse(error, keep)
        else:
            if not self._overtakes():
                self._say(self._told(reading, self._began), keep)

    def _overtakes(self) -> bool:
        """Whether an answer now would come before those that still wait; then there is none, and no further request."""
        if self._waiting:
            self._last = True
        return self._waiting > 0

    def _refuse(self, error: Exception, keep: bool) -> None:
        status, body, wait = refusal(error)
        self._found().counters.count(status, 0, 0, perf_counter() - self._began)
        self._say(_answer(status, body, wait), keep)

    def committed(self, stored: bool, handed: tuple[Reading, float, bool]) -> None:
        """The committer is done with this connection's rows."""
        reading, began, keep = handed
        self._waiting -= 1
        if not stored:
            self._began = began
            self._refuse(Unavailable(), keep)
        elif reading.is_plain:
            self._collector.counters.plain(perf_counter() - began)  # type: ignore[union-attr]
            self._say(_PLAIN, keep)
        else:
            self._say(self._told(reading, began), keep)

    def _told(self, reading: Reading, began: float) -> bytes:
        status, body = self._found().told(reading, began)
        return _answer(status, body)

    def _say(self, answer: bytes, keep: bool) -> None:
        transport = self.transport
        if transport.is_closing():
            return
        transport.write(answer)
        self._used = True
        if not self._watched:
            self._watched = True
            self._look_later()
        if not self._waiting and (self._last or not keep):
            transport.close()

    def _found(self) -> Collector:
        if self._collector is not None:
            return self._collector
        app: Any = self.config.loaded_app
        while not isinstance(app, Collector):
            app = app.app
        self._collector = app
        return app

    # A timer that is set anew with every answer would cost as much as reading the request: one looks now and then.

    def _unset_keepalive_if_required(self) -> None:
        if not self._watched:
            super()._unset_keepalive_if_required()

    def on_response_complete(self) -> None:
        """An answer of the long way is out: uvicorn's own timer takes over."""
        self._stop_watching()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was not used since the last look."""
        if self._watched and (self._used or self._waiting):
            self._used = False
            self._look_later()
        else:
            super().timeout_keep_alive_handler()

    def _look_later(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """The sender has gone."""
        self._stop_watching()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The process ends: whoever waits is answered first."""
        if self._waiting:
            self._last = True
        else:
            super().shutdown()

    def _stop_watching(self) -> None:
        if self._watched:
            self._watched = False
            super()._unset_keepalive_if_required()
