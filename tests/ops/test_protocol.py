"""What a stranger may begin at the server: real connections that are slow, endless, silent, or upgraded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from apps.core.asgi import protocol
from apps.core.asgi.protocol import BoundedProtocol

HEAD = b"POST /here?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was, or what came over the socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message.get("more_body", False)
    body = f"{scope['path']} {size}".encode()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.6)
    server = uvicorn.Server(uvicorn.Config(
        echo, host="127.0.0.1", port=0, http=BoundedProtocol, ws="websockets-sansio", ws_max_size=65536,
        ws_per_message_deflate=False, lifespan="off", log_level="critical", proxy_headers=False,
        timeout_graceful_shutdown=1,
    ))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def told(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What comes until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)
    found = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return found


async def test_requests_in_pieces_and_one_after_the_other(port: int) -> None:
    last = HEAD.replace(b"\r\nContent", b"\r\nConnection: close\r\nContent")
    found = await told(port, HEAD[:20], HEAD[20:], b"01234", b"56789", HEAD + b"0123456789", last + b"0123456789",
                       pause=0.02)

    assert found.count(b"HTTP/1.1 200 OK") == 3
    assert found.count(b"/here 10") == 3


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_head_that_does_not_end_is_not_waited_for(port: int, begun: bytes) -> None:
    assert await told(port, begun) == b""


async def test_a_head_that_drips_is_not_waited_for(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"0123456789")  # the time is counted for every request anew
    assert (await reader.readuntil(b"/here 10")).startswith(b"HTTP/1.1 200")
    writer.write(b"GET / HTTP/1.1\r\n")
    drip = asyncio.create_task(dripping(writer, b"a: b\r\n"))

    assert await asyncio.wait_for(reader.read(), 60) == b""
    drip.cancel()


async def test_empty_lines_keep_no_connection_open(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"0123456789")
    await reader.readuntil(b"/here 10")
    drip = asyncio.create_task(dripping(writer, b"\r\n"))

    assert await asyncio.wait_for(reader.read(), 4) == b""  # uvicorn's own time for idle connections would be 5 s
    drip.cancel()


async def test_a_body_that_drips_is_not_waited_for(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip = asyncio.create_task(dripping(writer, b"1\r\nx\r\n"))

    assert await asyncio.wait_for(reader.read(), 60) == b""
    drip.cancel()


async def dripping(writer: asyncio.StreamWriter, drop: bytes) -> None:
    while True:
        writer.write(drop)
        await asyncio.sleep(0.05)


async def test_a_head_has_an_end(port: int) -> None:
    line = b"a: " + b"b" * 1000 + b"\r\n"
    fits = await told(port, b"GET /fits HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", line * 50, b"\r\n")
    refused = await told(port, b"GET / HTTP/1.1\r\nHost: x\r\n", line * 40, line * 40, pause=0.05)

    assert fits.endswith(b"/fits 0")
    assert refused.startswith(b"HTTP/1.1 431 ")


async def test_a_socket_stays_open_and_takes_messages_of_a_size(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/") as socket:
        await asyncio.sleep(0.7)  # longer than any request may take
        await socket.send("there")
        assert await socket.recv() == "there"
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        await socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
