"""One HTTP server for all vendors: it answers as a vendor's judge decides, or with recorded answers, or not at all."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.house.listening import listening

FIXTURES = Path(__file__).parents[2] / "fixtures/providers"
JUDGE, HANG, DROP = "judge", "hang", "drop"
CUT, DRIP, HUGE = "cut", "drip", "huge"  # a success that breaks off, that does not end, and that is too large
HUGE_BYTES = 300_000


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON, read without losing digits of numbers."""
        return json.loads(self.raw)


Answer = tuple[int, dict[str, str], Any]
Judge = Callable[[Asked], Answer]


@dataclass
class Vendor:
    """What the server was asked, and how it is to answer. The last of `answers` stays."""

    name: str
    judge: Judge
    url: str = ""
    answers: list[str] = field(default_factory=lambda: [JUDGE])
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer | None:
        """The next answer; None for a connection that is dropped."""
        name = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if name == HANG:
            self.released.wait(10)
        if name in {HANG, DROP}:
            return None
        if name in {CUT, DRIP, HUGE}:
            return 200, {name: "1"}, " " * (HUGE_BYTES if name == HUGE else 40)
        return self.judge(asked) if name == JUDGE else recorded(self.name, name)


def recorded(vendor: str, name: str) -> Answer:
    """An answer out of the vendor's folder, or one that any machine in between may give."""
    path = FIXTURES / vendor / f"{name}.json"
    if not path.exists():
        path = FIXTURES / "anybody" / f"{name}.json"
    found = json.loads(path.read_text())
    return found["status"], found["headers"], found["body"]


def _unended(handler: http.server.BaseHTTPRequestHandler, vendor: Vendor, body: str, *, drips: bool) -> None:
    """Half of what was promised at once, or a little now and then until nobody listens."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) * 2))
    handler.end_headers()
    with suppress(OSError):
        for sign in body.encode():
            if drips and vendor.released.wait(0.05):
                break
            handler.wfile.write(bytes([sign]))
        handler.connection.shutdown(socket.SHUT_RDWR)


def _handler(vendor: Vendor) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {key.lower(): value for key, value in self.headers.items()}
            asked = Asked(self.command, parts.path, query, headers, raw)
            vendor.asked.append(asked)
            found = vendor.answer(asked)
            if found is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, extra, body = found
            if CUT in extra or DRIP in extra:
                _unended(self, vendor, body, drips=DRIP in extra)
                return
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            for key, value in extra.items():
                self.send_header(key, value)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if status != 204:
                self.wfile.write(data)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    return Handler


@contextmanager
def running(name: str, judge: Judge) -> Iterator[Vendor]:
    """The vendor, listening on this machine."""
    vendor = Vendor(name, judge)
    with listening(_handler(vendor)) as port:
        vendor.url = f"http://127.0.0.1:{port}"
        try:
            yield vendor
        finally:
            vendor.released.set()
