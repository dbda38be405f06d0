"""A loopback server that is both the site a visitor sees and the collector the tracker talks to.

It serves the pages a test gives it, writes down every event that arrives, and fails when told to.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Event = dict[str, Any]
PATIENCE_SECONDS = 15


@dataclass
class Page:
    """What the site answers at one path."""

    html: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Delivery:
    """One request that reached the collector: when it says it was sent, what it held, how it was answered."""

    body: Event
    status: int
    content_type: str
    cookie: str | None


class Recorder:
    """The site and its collector on one port; host names are pointed here by the browser."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.config: dict[str, Any] = {}
        self.pages: dict[str, Page] = {}
        self.deliveries: list[Delivery] = []
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.holds: list[threading.Event] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and wait for the server's thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a page, on any host name that the browser maps to this machine."""
        return f"http://{host}:{self.port}{path}"

    def fail(self, status: int, times: int = 1, **headers: str) -> None:
        """Refuse the next deliveries with this status; header names are written with underscores."""
        with self._changed:
            answer = (status, {name.replace("_", "-"): value for name, value in headers.items()})
            self.refusals += [answer] * times

    def hold(self) -> threading.Event:
        """Leave the next delivery without an answer until the returned event is set, and then refuse it."""
        held = threading.Event()
        with self._changed:
            self.holds.append(held)
        return held

    def served_script(self) -> bytes:
        """The built script as the collector serves it: with the site's configuration written in."""
        defaults = {
            "site": "abcdef123456",
            "endpoint": f"http://127.0.0.1:{self.port}/api/track",
            "domains": [],
            "test": True,
        }
        wishes = dict.fromkeys(
            ["spa", "outbound", "downloads", "forms", "notFound", "scroll", "vitals", "gpc"],
            True,
        )
        config = json.dumps({**defaults, **wishes, **self.config})
        return self.script.replace("__MAINSTAY_CONFIG__", config).encode()

    def record(self, delivery: Delivery) -> None:
        """Write a delivery down and wake whoever waits for it."""
        with self._changed:
            self.deliveries.append(delivery)
            self._changed.notify_all()

    @property
    def events(self) -> list[Event]:
        """Every accepted event, with the batch's fields filled in as defaults, in order of arrival."""
        with self._changed:
            accepted = [delivery.body for delivery in self.deliveries if delivery.status == 202]
        return [
            {**{key: value for key, value in body.items() if key != "events"}, **event}
            for body in accepted
            for event in body["events"]
        ]

    def named(self, name: str) -> list[Event]:
        """The accepted events of one name."""
        return [event for event in self.events if event["name"] == name]

    def wait(self, name: str, count: int = 1, **fields: Any) -> list[Event]:
        """Wait until `count` events of a name with these fields were accepted, and return them."""

        def matching() -> list[Event]:
            return [event for event in self.named(name) if fields.items() <= event.items()]

        self.wait_until(lambda: len(matching()) >= count, f"{count} × {name} {fields}")
        return matching()

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait for a condition on what arrived; fail with what did arrive."""
        with self._changed:
            if not self._changed.wait_for(is_so, PATIENCE_SECONDS):
                seen = [(delivery.status, delivery.body.get("events")) for delivery in self.deliveries]
                raise AssertionError(f"{what} did not happen; arrived: {json.dumps(seen, indent=1)}")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(_Handler):
            owner = recorder

        return Handler


class _Handler(BaseHTTPRequestHandler):
    owner: Recorder
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/t.js":
            self._answer(200, self.owner.served_script(), {"Content-Type": "text/javascript"})
            return
        page = self.owner.pages.get(path, Page("<title>Nothing</title>", 404))
        self._answer(page.status, page.html.encode(), {"Content-Type": "text/html; charset=utf-8", **page.headers})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.owner._changed:
            status, headers = self.owner.refusals.pop(0) if self.owner.refusals else (202, {})
            held = self.owner.holds.pop(0) if self.owner.holds else None
        if held is not None:
            self.owner.record(Delivery(body, 0, self.headers["Content-Type"], None))
            held.wait(PATIENCE_SECONDS)
            status = 503
        # Answered before it is written down: a test that saw the delivery knows the page can see the answer.
        allowed = {"Access-Control-Allow-Origin": self.headers.get("Origin") or "*"}
        allowed |= {"Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "Retry-After"}
        self._answer(status, b"{}", {"Content-Type": "application/json", **allowed, **headers})
        self.owner.record(Delivery(body, status, self.headers["Content-Type"], self.headers.get("Cookie")))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Cache-Control": "no-cache", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name the base class gives it
        """Silence: the tests say what went wrong."""
