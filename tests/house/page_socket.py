"""A page's socket, spoken to without a server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from asgiref.testing import ApplicationCommunicator


class PageSocket(ApplicationCommunicator):
    """The browser's end of a WebSocket: texts and JSON go to the application and come back."""

    def __init__(self, application: Any, path: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        parts = urlsplit(path)
        self.answer: Any = None
        self.scope: dict[str, Any] = {
            "type": "websocket", "path": unquote(parts.path), "query_string": parts.query.encode(),
            "headers": headers or [], "subprotocols": [],
        }
        super().__init__(application, self.scope)

    async def connect(self, timeout: float = 1) -> tuple[bool, Any]:
        """Knock: whether one is let in, and the subprotocol chosen or the code one is refused with."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout)
        if answer["type"] == "websocket.close":
            return False, answer.get("code", 1000)
        assert answer["type"] == "websocket.accept"
        return True, answer.get("subprotocol")

    async def disconnect(self, code: int = 1000, timeout: float = 1) -> None:
        """Leave, and wait until the application is done."""
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(timeout)

    async def send_to(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Say a text, or bytes that are none."""
        said = {"text": text_data} if bytes_data is None else {"bytes": bytes_data}
        await self.send_input({"type": "websocket.receive", **said})

    async def send_json_to(self, data: Any) -> None:
        """Say something as JSON."""
        await self.send_to(json.dumps(data))

    async def receive_json_from(self, timeout: float = 1) -> Any:
        """The next thing the application says, which must be JSON in a text."""
        answer = await self.receive_output(timeout)
        assert answer["type"] == "websocket.send", answer
        return json.loads(answer["text"])
