"""How much of a request is let in: counted where the server hands it over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.core.asgi.bodies import REFUSED, BoundedBodies
from config.asgi import application

PIECE = b"x" * 65_536
MOST = 8 * 1024 * 1024


class Sender:
    """Somebody who sends a body in pieces for as long as they are taken, and keeps what is answered."""

    def __init__(self, pieces: int, *headers: tuple[bytes, bytes], path: str = "/", kind: str = "http") -> None:
        self.left, self.taken, self.answer = pieces, 0, []  # type: ignore[var-annotated]
        self.scope: dict[str, Any] = {
            "type": kind, "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"localhost"), *headers], "client": ("203.0.113.9", 40_000), "scheme": "http",
            "server": ("127.0.0.1", 8000), "http_version": "1.1", "asgi": {"version": "3.0"}, "root_path": "",
        }

    async def receive(self) -> dict[str, Any]:
        if not self.left:
            return {"type": "http.disconnect"}
        self.left -= 1
        self.taken += len(PIECE)
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0}

    async def send(self, message: Any) -> None:
        self.answer.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.answer)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return {name.lower(): value for name, value in self.answer[0]["headers"]}


def length(number: int) -> tuple[bytes, bytes]:
    return b"content-length", str(number).encode()


class Listener:
    """An application that reads all it is given, as Django does, and leaves when the sender does."""

    def __init__(self) -> None:
        self.read, self.calls = 0, []  # type: ignore[var-annotated]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append(REFUSED in scope)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read += len(message["body"])
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 413 if REFUSED in scope else 200, "headers": []})
        await send({"type": "http.response.body", "body": b"heard"})


@pytest.mark.parametrize("declares", [True, False])
async def test_what_fits_goes_through_whole(declares: bool) -> None:
    sender, listener = Sender(4, *([length(4 * len(PIECE))] if declares else [])), Listener()
    await BoundedBodies(listener, 4 * len(PIECE))(sender.scope, sender.receive, sender.send)

    assert (listener.calls, listener.read, sender.taken) == ([False], 4 * len(PIECE), 4 * len(PIECE))
    assert sender.answer[1] == {"type": "http.response.body", "body": b"heard"}


async def test_what_says_it_is_larger_is_refused_before_it_is_read() -> None:
    sender, listener = Sender(1000, length(4 * len(PIECE) + 1)), Listener()
    await BoundedBodies(listener, 4 * len(PIECE))(sender.scope, sender.receive, sender.send)

    assert (listener.calls, listener.read) == ([True], 0)
    assert sender.taken == 5 * len(PIECE)  # thrown away, so that the sender gets to read the answer
    assert (sender.answer[0]["status"], sender.headers[b"connection"]) == (413, b"close")
    assert [message.get("more_body") for message in sender.answer[1:]] == [True, False]


async def test_what_turns_out_to_be_larger_is_cut_off() -> None:
    sender, listener = Sender(1000), Listener()
    await BoundedBodies(listener, 4 * len(PIECE))(sender.scope, sender.receive, sender.send)

    assert (listener.calls, listener.read) == ([False, True], 4 * len(PIECE))
    assert sender.taken == 10 * len(PIECE)
    assert (sender.answer[0]["status"], sender.headers[b"connection"]) == (413, b"close")


async def test_whoever_waits_for_leave_to_send_is_not_given_it() -> None:
    sender, listener = Sender(1000, length(MOST), (b"expect", b"100-continue")), Listener()
    await BoundedBodies(listener, 100)(sender.scope, sender.receive, sender.send)

    assert (sender.taken, sender.answer[0]["status"], sender.answer[-1]["more_body"]) == (0, 413, False)


async def test_sockets_are_left_alone() -> None:
    sender, listener = Sender(3, kind="websocket"), Listener()
    await BoundedBodies(listener, 1)(sender.scope, sender.receive, sender.send)

    assert (listener.calls, listener.read) == ([False], 3 * len(PIECE))


@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize("path", ["/accounts/login/", "/o/shop/traffic/aaaaaaaaaaaa/history/"])
@pytest.mark.django_db(transaction=True)
async def test_a_stranger_gets_a_page_and_no_room(path: str, declares: bool) -> None:
    sender = Sender(16_000, *([length(1024**3)] if declares else []), path=path)  # a gigabyte
    await application(sender.scope, sender.receive, sender.send)

    assert sender.answer[0]["status"] == 413
    assert b"That was too large" in sender.body
    assert sender.headers[b"x-request-id"] in sender.body
    assert (sender.headers[b"connection"], sender.headers[b"x-frame-options"]) == (b"close", b"DENY")
    assert sender.taken <= (1 if declares else 2) * (MOST + len(PIECE))


@pytest.mark.django_db(transaction=True)
async def test_the_api_says_so_in_its_own_form() -> None:
    sender = Sender(1, length(MOST + 1), path="/api/v1/auth/login/")
    await application(sender.scope, sender.receive, sender.send)

    assert sender.headers[b"content-type"] == b"application/problem+json"
    assert json.loads(sender.body)["type"] == "urn:mainstay:problem:too-large"
