"""A vendor that posts to a server within this process, which answers as it is asked to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from apps.analytics.enums import ConsentRule
from apps.analytics.providers.base import EVERY, Destination, Outgoing, Payload, Report, Result, Skip
from apps.analytics.providers.calls import call
from apps.core.providers import ProviderField


class Answer:
    """What the server says once: status, headers, body. `drop` closes the connection instead, `after` is waited for."""

    def __init__(
        self, status: int = 200, body: Any = None, *, drop: bool = False, after: threading.Event | None = None,
        pause: Callable[[], Any] | None = None, **headers: str,
    ) -> None:
        self.status, self.body, self.drop, self.after, self.pause = status, body, drop, after, pause
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Server:
    """Keeps what it is sent. `answers` are given one after the other, then `default`."""

    def __init__(self, port: int = 0) -> None:
        self.answers: deque[Answer] = deque()
        self.default = Answer()
        self.bodies: list[Any] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def ids(self) -> list[str]:
        """The ids of every event that arrived, in order, repeats included."""
        return [event["id"] for body in self.bodies for event in body]

    def stop(self) -> None:
        """Close."""
        self._http.shutdown()
        self._http.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two packets, and the second would wait for 40 ms

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(content)
            answer = server.answers.popleft() if server.answers else server.default
            if answer.after is not None:
                answer.after.wait(50)
            if answer.pause is not None:
                answer.pause()
            if answer.drop:
                self.close_connection = True
                self.connection.close()
                return
            server.bodies.append(body)
            server.requests.append(({name.lower(): value for name, value in self.headers.items()}, content))
            raw = json.dumps(answer.body if answer.body is not None else {}).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


class Posting(Destination):
    """Posts a list of events; an answer `{"refused": {id: words}, "later": [id]}` speaks of single ones."""

    key = "posting"
    label = "Posting"
    fields = (
        ProviderField("url", "Address", kind="url"), ProviderField("key", "Key", kind="secret", required=False),
    )
    events: ClassVar[dict[str, str]] = {"pageview": "view", "purchase": "buy", EVERY: EVERY}
    max_age = timedelta(hours=72)
    batch = 10
    per_second = 100_000.0
    consent = ConsentRule.ALWAYS
    takes_anonymous = True

    def check(self) -> str:
        return str(self.config["url"])

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        if event.name == "unwanted":
            raise Skip("nobody wants this")
        if event.name == "broken":
            raise ValueError("cannot be prepared")
        found = {"id": event.event_id, "name": name, "who": event.visitor, "click": dict(event.click_ids)}
        return {**found, "traits": dict(event.traits), "value": str(event.value or ""), "agent": event.user_agent}

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        key = str(self.secrets.get("key", ""))
        answer, shown = call(
            "Posting", "POST", self.config["url"], body=[payload.body for payload in payloads],
            headers={"Authorization": key}, secrets=(key,), seconds=60,
        )
        said = answer.json()
        refused, later = said.get("refused", {}), said.get("later", [])
        return Report(
            [
                Result(one.event_id, one.event_id not in refused and one.event_id not in later,
                       refused.get(one.event_id, ""), retry=one.event_id in later)
                for one in payloads if one.event_id not in said.get("silent", [])
            ],
            shown,
        )
