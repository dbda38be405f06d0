"""The short way through uvicorn: real connections, kept alive, pipelined, cut off, and ended politely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import uvicorn

from apps.analytics.collector.app import Collector, Config
from apps.analytics.collector.committer import Committer
from apps.analytics.collector.protocol import TrackProtocol
from tests.analytics.conftest import CHROME, view
from tests.analytics.test_collector import config, in_thread, inbox, script, shop  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def server(config: Config) -> AsyncIterator[uvicorn.Server]:  # noqa: F811
    settings = uvicorn.Config(
        Collector(config), host="127.0.0.1", port=0, http=TrackProtocol, log_level="critical", proxy_headers=False,
        lifespan="on", timeout_keep_alive=2,
    )
    found = uvicorn.Server(settings)
    task = asyncio.create_task(found.serve())
    while not found.started:
        await asyncio.sleep(0.01)
    yield found
    found.should_exit = True
    await task


async def connected(server: uvicorn.Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = server.servers[0].sockets[0].getsockname()[1]
    return await asyncio.open_connection("127.0.0.1", port)


def request(body: bytes, *headers: str, path: str = "/api/track") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"User-Agent: {CHROME}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def event(number: int, **more: Any) -> bytes:
    return orjson.dumps({"site": "shopshopshop", "id": f"e{number}", **view(), **more})


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers, body


async def test_one_connection_takes_one_request_after_the_other(server: uvicorn.Server) -> None:
    reader, writer = await connected(server)
    told = []
    for number in range(3):
        writer.write(request(event(number)))
        told.append(await answer(reader))
    writer.write(request(b"nonsense"))
    refused = await answer(reader)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    healthy = await answer(reader)
    writer.write(request(event(3)))
    last = await answer(reader)

    assert [(status, body) for status, _headers, body in told] == [(202, b'{"accepted":1,"rejected":[]}')] * 3
    assert told[0][1]["access-control-allow-origin"] == "*"
    assert (refused[0], orjson.loads(refused[2])["code"]) == (400, "malformed")
    assert (healthy[0], last[0]) == (200, 202)
    assert [orjson.loads(row["body"])["id"] for row in inbox()] == ["e0", "e1", "e2", "e3"]
    assert {row["ua"] for row in inbox()} == {CHROME}
    writer.close()


async def test_requests_sent_ahead_are_answered_in_order(server: uvicorn.Server) -> None:
    reader, writer = await connected(server)
    batch = orjson.dumps([orjson.loads(event(9)), {"site": "shopshopshop"}])
    writer.write(request(event(1)) + request(batch) + request(event(2)))
    bodies = [(await answer(reader))[2] for _ in range(3)]

    assert [orjson.loads(body)["accepted"] for body in bodies] == [1, 1, 1]
    assert [len(orjson.loads(body)["rejected"]) for body in bodies] == [0, 1, 0]
    writer.close()


async def test_an_answer_never_overtakes_another(server: uvicorn.Server) -> None:
    for second in (request(b"nonsense"), b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
        reader, writer = await connected(server)
        writer.write(request(event(1)) + second)

        assert (await answer(reader))[0] == 202
        assert await asyncio.wait_for(reader.read(), 60) == b""  # closed: the second is to be asked again
        writer.close()


async def test_bodies_in_pieces_chunks_and_without_keep_alive(server: uvicorn.Server) -> None:
    reader, writer = await connected(server)
    whole = request(event(1, title="x" * 900))
    for start in range(0, len(whole), 300):
        writer.write(whole[start : start + 300])
        await asyncio.sleep(0.01)
    pieces = await answer(reader)
    body = event(2)
    writer.write(
        b"POST /api/track HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    )
    chunked = await answer(reader)
    writer.write(request(event(3), "Connection: close"))
    last = await answer(reader)

    assert (pieces[0], chunked[0], last[0]) == (202, 202, 202)
    assert await asyncio.wait_for(reader.read(), 60) == b""
    assert len(inbox()) == 3


async def test_too_long_a_body_is_not_read_to_its_end(server: uvicorn.Server) -> None:
    reader, writer = await connected(server)
    writer.write(b"POST /api/track HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 600_000)

    assert (await answer(reader))[0] == 413
    assert await asyncio.wait_for(reader.read(), 60) == b""


async def test_a_quiet_connection_is_closed_and_a_busy_one_is_not(server: uvicorn.Server) -> None:
    quiet, _first = await connected(server)
    reader, writer = await connected(server)
    _first.write(request(event(0)))
    await answer(quiet)
    for number in range(1, 7):
        writer.write(request(event(number)))
        assert (await answer(reader))[0] == 202
        await asyncio.sleep(0.6)

    assert await asyncio.wait_for(quiet.read(), 60) == b""
    writer.close()


async def test_who_waits_when_the_process_ends_is_answered_first(
    server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, begun = Committer._commit, asyncio.Event()

    async def slow(self: Committer, rows: list[bytes]) -> None:
        begun.set()
        await asyncio.sleep(0.5)
        await commit(self, rows)

    monkeypatch.setattr(Committer, "_commit", slow)
    reader, writer = await connected(server)
    writer.write(request(event(1)))
    await begun.wait()
    server.should_exit = True

    assert (await answer(reader))[0] == 202
    assert [orjson.loads(row["body"])["id"] for row in await in_thread(inbox)] == ["e1"]
    writer.close()
