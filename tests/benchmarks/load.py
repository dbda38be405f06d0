"""A load generator: keep-alive connections that each send the next request when the answer is there.

`python -m tests.benchmarks.load` runs it in a process of its own and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop

END = b'"rejected":[]}'


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.due = self.load.loop.time() + self.load.pace * self.load.opened / self.load.connections
        self.load.opened += 1
        self.next()

    def next(self) -> None:
        if self.load.pace:
            self.due += self.load.pace
            self.load.loop.call_at(self.due, self.send)
        else:
            self.send()

    def send(self) -> None:
        request = self.load.take()
        if request is None or self.transport.is_closing():
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        if data.endswith(END) and data.startswith(b"HTTP/1.1 202"):
            self.buffer = b""
            self.load.latencies.append(time.perf_counter() - self.began)
            self.next()
        elif b"\r\n\r\n" in data and not data.startswith(b"HTTP/1.1 202"):
            self.load.failures.append(data[:200])
            self.buffer = b""
            self.next()
        else:
            self.buffer = data

    def connection_lost(self, _error: Exception | None) -> None:
        self.load.open -= 1
        if self.load.open == 0:
            self.load.done.set_result(None)


class Load:
    """All connections of one process. With a rate (requests a second) each connection sends at its own times, unless
    an answer is late; without one, as fast as answers come."""

    def __init__(self, requests: list[bytes], seconds: float, connections: int, rate: float = 0) -> None:
        self.requests = requests
        self.connections = connections
        self.until = time.perf_counter() + seconds
        self.latencies: list[float] = []
        self.failures: list[bytes] = []
        self.sent = 0
        self.open = 0
        self.opened = 0
        self.pace = connections / rate if rate else 0.0
        self.began = time.perf_counter()

    def take(self) -> bytes | None:
        if time.perf_counter() > self.until or self.sent >= len(self.requests):
            return None
        self.sent += 1
        return self.requests[self.sent - 1]

    async def run(self, host: str, port: int) -> dict[str, float]:
        loop = self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()
        self.open = self.connections
        for _ in range(self.connections):
            await loop.create_connection(lambda: Client(self), host, port)
        await self.done
        seconds = time.perf_counter() - self.began
        waits = sorted(self.latencies) or [0.0]
        return {
            "requests": len(waits), "seconds": seconds, "per_second": len(waits) / seconds,
            "p50_ms": waits[len(waits) // 2] * 1000, "p99_ms": waits[int(len(waits) * 0.99)] * 1000,
            "failures": len(self.failures),
        }


def main() -> None:
    """Requests come from a file of length-prefixed bytes, so that making them costs no time here."""
    parser = argparse.ArgumentParser()
    for name in ("file", "host"):
        parser.add_argument(name)
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("connections", type=int)
    parser.add_argument("rate", type=float, nargs="?", default=0)
    args = parser.parse_args()
    requests = unpack(Path(args.file).read_bytes())
    load = Load(requests, args.seconds, args.connections, args.rate)
    uvloop.install()
    result = asyncio.run(load.run(args.host, args.port))
    if load.failures:
        result["first_failure"] = load.failures[0].decode("latin-1")  # type: ignore[assignment]
    sys.stdout.write(json.dumps(result) + "\n")


def pack(requests: list[bytes]) -> bytes:
    """Requests as one block of bytes."""
    return b"".join(len(request).to_bytes(4, "big") + request for request in requests)


def unpack(block: bytes) -> list[bytes]:
    """The block's requests."""
    found, at = [], 0
    while at < len(block):
        size = int.from_bytes(block[at : at + 4], "big")
        found.append(block[at + 4 : at + 4 + size])
        at += 4 + size
    return found


if __name__ == "__main__":
    main()
