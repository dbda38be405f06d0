"""The least of a browser that a live page needs: a WebSocket that keeps what comes and when."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import time
from typing import Any


class PageSocket:
    """One open page. `heard` holds (moment, value) of one figure of one topic."""

    def __init__(self, topic: str, key: str) -> None:
        self.topic, self.key = topic, key
        self.heard: list[tuple[float, float]] = []
        self.writer: asyncio.StreamWriter | None = None
        self.reading: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int, path: str, cookie: str) -> None:
        """Shake hands and follow the topic."""
        reader, self.writer = await asyncio.open_connection(host, port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://{host}:{port}\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n", 1)[0]:
            raise ConnectionError(answer[:100])
        self.reading = asyncio.create_task(self._read(reader))
        self.send({"type": "subscribe", "topics": [self.topic]})

    def send(self, message: Any) -> None:
        """A masked text frame, as browsers send them."""
        data, mask = json.dumps(message).encode(), os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        short = len(data) < 126
        head = struct.pack("!BB", 0x81, 0x80 | len(data)) if short else struct.pack("!BBH", 0x81, 0xFE, len(data))
        if self.writer:
            self.writer.write(head + mask + masked)

    async def close(self) -> None:
        """Leave without ceremony, as a closed tab does."""
        if self.reading:
            self.reading.cancel()
        if self.writer:
            self.writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            first, second = await reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await reader.readexactly(8))
            data = await reader.readexactly(size)
            if first & 0x0F == 1:
                self._take(json.loads(data))

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            self.send({"type": "pong"})
        elif message.get("topic") == self.topic and self.key in message.get("values", {}):
            self.heard.append((time.perf_counter(), message["values"][self.key]["value"]))
