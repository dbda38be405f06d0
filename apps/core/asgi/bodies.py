"""One bound for the bodies of requests, before anything of them is kept: Django would write all of it to memory and
disk first and ask who is sending afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

REFUSED = "mainstay.body_refused"
LINGER_SECONDS = 5.0


class BoundedBodies:
    """Lets no more than `most` bytes of a body through to the application.

    A body that says it is larger is refused at once, one that turns out to be is cut off: the application is asked
    again without a body and with REFUSED in its scope, so that the refusal goes the way of every answer. Then the
    connection is closed.
    """

    def __init__(self, application: Application, most: int) -> None:
        self._application, self._most = application, most

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on, or its refusal."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if _declared(scope) <= self._most:
            body = _Counted(receive, self._most)
            await self._application(scope, body.receive, send)
            if not body.is_cut:
                return
        await self._refuse(scope, receive, send)

    async def _refuse(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        last = _Last(send)
        await self._application({**scope, REFUSED: True}, _nothing(), last.send)
        if not _waits_for_leave(scope):
            await self._linger(receive)
        await last.finish()

    async def _linger(self, receive: Receive) -> None:
        """Take a little more, unread: who is still sending when the connection closes may never see the answer."""
        taken = 0
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while taken <= self._most:
                    message = await receive()
                    taken += len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body"):
                        return
        except TimeoutError:
            return


class _Counted:
    """The body as the application sees it: whole, or broken off by the sender."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._left = receive, most
        self.is_cut = False

    async def receive(self) -> Message:
        if not self.is_cut:
            message = await self._receive()
            self._left -= len(message.get("body", b""))
            if self._left >= 0:
                return message
            self.is_cut = True
        return {"type": "http.disconnect"}


class _Last:
    """The answer, with its end held back."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._has_ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        elif not message.get("more_body", False):
            self._has_ended = True
            message = {**message, "more_body": True}
        await self._send(message)

    async def finish(self) -> None:
        if self._has_ended:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _nothing() -> Receive:
    """An empty body, and then nothing until the answer is there."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            await asyncio.Event().wait()
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


def _header(scope: MutableMapping[str, Any], name: bytes) -> bytes:
    return next((value for key, value in scope.get("headers", ()) if key == name), b"")


def _declared(scope: MutableMapping[str, Any]) -> int:
    """The bytes the body is said to have; servers refuse what is no number."""
    value = _header(scope, b"content-length")
    return int(value) if value.isdigit() else 0


def _waits_for_leave(scope: MutableMapping[str, Any]) -> bool:
    """Whether the sender waits to be told that it may send; asking for the body would tell it so."""
    return _header(scope, b"expect").lower() == b"100-continue"
