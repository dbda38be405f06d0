"""The collector's design in its plainest form: an application that reads one event a request and commits what arrived
meanwhile by one COPY. It knows no sites, checks nothing, limits nobody and counts nothing. On a machine that is slow
today it is slow as well, so it tells the machine from the collector."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict

BODY = b'{"accepted":1,"rejected":[]}'
HEAD = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
COPY = "COPY analytics_inbox (received_at, site_id, origin, events, ip, ua, body) FROM STDIN"
waiting: list[bytes] = []
stored: asyncio.Future[None]


async def commit() -> None:
    """Until the process ends: everything that waits, in one transaction, in a thread beside the loop."""
    global stored
    loop = asyncio.get_running_loop()
    connection = psycopg.connect(**conninfo_to_dict(os.environ["DATABASE_URL"]), autocommit=True)
    while True:
        if not waiting:
            await asyncio.sleep(0.0005)
            continue
        rows, done = waiting.copy(), stored
        waiting.clear()
        stored = loop.create_future()
        await loop.run_in_executor(None, write, connection, rows)
        done.set_result(None)


def write(connection: psycopg.Connection[Any], rows: list[bytes]) -> None:
    """One COPY in PostgreSQL's text form."""
    now = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime()).encode()
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(b"".join(b"%s\t1\t9\t1\t\t\t\\\\x%s\n" % (now, row.hex().encode()) for row in rows))


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start with the process; then one event, accepted when it is committed."""
    global stored
    if scope["type"] == "lifespan":
        await receive()
        stored = asyncio.get_running_loop().create_future()
        scope["state"]["committing"] = asyncio.create_task(commit())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = (await receive())["body"]
    orjson.loads(body)
    waiting.append(body)
    await stored
    await send({"type": "http.response.start", "status": 202, "headers": HEAD})
    await send({"type": "http.response.body", "body": BODY})
