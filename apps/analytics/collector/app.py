"""The collector: `POST /api/track`, `GET /t/<script id>.js`, `GET /healthz`, `GET /metrics`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hmac
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter, time
from typing import Any

import orjson
import psycopg

from apps.analytics.collector.committer import Committer, Unavailable, row_of
from apps.analytics.collector.counters import FLUSH_SECONDS, Counters
from apps.analytics.collector.directory import Directory
from apps.analytics.collector.limits import TokenBuckets
from apps.analytics.collector.reading import Reading, Refused, read
from apps.analytics.collector.refusals import Wait, refusal
from apps.analytics.collector.script import Scripts, best_encoding
from apps.analytics.collector.validation import MOST_BYTES
from apps.analytics.enums import Origin
from apps.core.client_ip import address_behind

_JSON = (b"content-type", b"application/json")
_OPEN = (b"access-control-allow-origin", b"*")
_PREFLIGHT = [
    _OPEN, (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"content-type, authorization"),
    (b"access-control-max-age", b"86400"), (b"content-length", b"0"),
]
PLAIN_BODY = b'{"accepted":1,"rejected":[]}'
Headers = list[tuple[bytes, bytes]]
_SERVER = int(Origin.SERVER)
LONGEST_AGENT = 2048


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that differs between places."""

    address: str
    endpoint: str
    script: Path
    proxies: int = 0
    rate: float = 100
    burst: float = 2000
    most_backlog: int = 2_000_000
    metrics_token: str = ""


class Collector:
    """The ASGI application."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.counters = Counters()
        self.buckets = TokenBuckets(config.rate, config.burst)
        self.scripts = Scripts(config.script, config.endpoint)
        self.directory: Directory
        self.committer: Committer

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """One connection's request, or the start and end of the process."""
        if scope["type"] == "http":
            path = scope["path"]
            if path == "/api/track":
                await self._track(scope, receive, send)
            elif path.startswith("/t/") and path.endswith(".js"):
                await self._script(scope, send, path[3:-3])
            else:
                await self._other(scope, send, path)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def start(self) -> None:
        """Connect in the background and wait a moment for the sites to be known."""
        # What lives as long as the process is not looked at again, and what a request leaves is gone without.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        self.directory = Directory(self.config.address)
        self.committer = Committer(self.config.address)
        await self.directory.start()
        await self.committer.start()
        self._flushing = asyncio.create_task(self._flush())
        for _ in range(100):
            if self.directory.is_loaded and self.committer.is_ready:
                break
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Commit what is waiting and let go."""
        self._flushing.cancel()
        self.counters.flush(self.committer)
        await self.committer.stop()
        await self.directory.stop()

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self.counters.flush(self.committer)

    async def _track(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        began = perf_counter()
        if scope["method"] != "POST":
            if scope["method"] == "OPTIONS":
                await _answer(send, 204, _PREFLIGHT, b"")
            else:
                await _answer(send, 405, [_OPEN, (b"allow", b"POST, OPTIONS"), (b"content-length", b"0")], b"")
            return
        try:
            raw = await _body(scope, receive)
            _unpacked(scope["headers"])
            organization_id = await self._organization(scope["headers"])
            reading, rows = self.check(scope["headers"], scope["client"], raw, organization_id)
            if rows:
                await self.committer.add(rows)
            status, body = self.told(reading, began)
            wait = 0
        except (Refused, Wait, Unavailable, psycopg.Error, OSError) as error:
            status, body, wait = refusal(error)
            self.counters.count(status, 0, 0, perf_counter() - began)
        headers = [_JSON, _OPEN, (b"content-length", str(len(body)).encode())]
        if wait:
            headers.append((b"retry-after", str(wait).encode()))
        await _answer(send, status, headers, body)

    def check(
        self, headers: Headers, client: tuple[str, int] | None, raw: bytes, organization_id: int | None
    ) -> tuple[Reading, list[bytes]]:
        """Read a body and make rows of what is good in it; they are still to be committed."""
        if not self.committer.is_ready or not self.directory.is_loaded:
            raise Unavailable
        reading = read(raw, self.directory, organization_id)
        if not reading.accepted:
            return reading, []
        if self.directory.backlog > self.config.most_backlog:
            raise Wait(30)
        ua = forwarded = b""
        for name, value in headers:
            if name == b"user-agent":
                ua = value
            elif name == b"x-forwarded-for":
                forwarded = forwarded + b"," + value if forwarded else value
        ip = client[0] if client else ""
        if self.config.proxies:
            ip = _behind(ip, forwarded, self.config.proxies)
        return reading, self._rows(reading, ip, _clean(ua), 0 if organization_id is None else _SERVER)

    def _rows(self, reading: Reading, ip: str, ua: bytes, origin: int) -> list[bytes]:
        received, address, rows = int(time() * 1000), ip.encode(), []
        for site, events, body in reading.accepted:
            if not origin and (seconds := self.buckets.wait((site.id, ip), events)):
                self.counters.reject(site.id, Counter(limit=events))
                raise Wait(seconds)
            rows.append(row_of(received, site.id, origin, events, address, ua, body))
        return rows

    def told(self, reading: Reading, began: float) -> tuple[int, bytes]:
        """Status and body of the answer to a request whose good events are stored; counts it."""
        if reading.is_plain:
            self.counters.plain(perf_counter() - began)
            return 202, PLAIN_BODY
        accepted = reading.events
        status = 202 if accepted else 404 if reading.unknown_only else 400
        for site_id, reasons in reading.by_site.items():
            self.counters.reject(site_id, reasons)
        self.counters.count(status, accepted, len(reading.rejected), perf_counter() - began)
        return status, reading.answer()

    async def _organization(self, headers: Headers) -> int | None:
        """The organization of the API key a request came with; None without one."""
        authorization = dict(headers).get(b"authorization")
        if authorization is None:
            return None
        scheme, _, raw = authorization.decode("latin-1").partition(" ")
        found = await self.directory.key(raw.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise Refused(401, "key", "the API key is not valid for sending events")
        return found

    async def _script(self, scope: dict[str, Any], send: Any, script_id: str) -> None:
        site = self.directory.site(script_id) or await self.directory.just_added(script_id)
        script = await self.scripts.of(site) if site else None
        if script is None:
            await _answer(send, 404, [_OPEN, (b"cache-control", b"no-store"), (b"content-length", b"0")], b"")
            return
        asked = dict(scope["headers"])
        headers = [
            _OPEN, (b"content-type", b"text/javascript; charset=utf-8"), (b"etag", script.etag),
            (b"cache-control", b"public, max-age=300"), (b"vary", b"accept-encoding"),
            (b"cross-origin-resource-policy", b"cross-origin"), (b"x-content-type-options", b"nosniff"),
        ]
        if asked.get(b"if-none-match") == script.etag:
            await _answer(send, 304, headers, b"")
            return
        encoding = best_encoding(asked.get(b"accept-encoding", b""))
        body = script.bodies[encoding]
        if encoding:
            headers.append((b"content-encoding", encoding))
        headers.append((b"content-length", str(len(body)).encode()))
        await _answer(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    async def _other(self, scope: dict[str, Any], send: Any, path: str) -> None:
        if path == "/healthz":
            ready = self.committer.is_ready and self.directory.is_loaded
            body = orjson.dumps({"status": "ok" if ready else "unavailable", "backlog": self.directory.backlog})
            await _answer(send, 200 if ready else 503, [_JSON, (b"content-length", str(len(body)).encode())], body)
        elif path == "/metrics" and self._is_operator(scope):
            body = self.counters.exposition({
                "backlog": self.directory.backlog, "commits": self.committer.commits,
                "up": int(self.committer.is_ready),
            })
            headers = [(b"content-type", b"text/plain; version=0.0.4"), (b"content-length", str(len(body)).encode())]
            await _answer(send, 200, headers, body)
        else:
            await _answer(send, 404, [(b"content-length", b"0")], b"")

    def _is_operator(self, scope: dict[str, Any]) -> bool:
        """Whoever has the token, or asks from this machine and not through a proxy."""
        asked, token = dict(scope["headers"]), self.config.metrics_token.encode()
        if token and hmac.compare_digest(asked.get(b"authorization", b""), b"Bearer " + token):
            return True
        direct = b"x-forwarded-for" not in asked and b"forwarded" not in asked
        return direct and bool(scope["client"]) and scope["client"][0] in {"127.0.0.1", "::1"}


@lru_cache(maxsize=50_000)
def _behind(remote: str, forwarded: bytes, depth: int) -> str:
    return address_behind(remote, forwarded.decode("latin-1"), depth)


def _unpacked(headers: Headers) -> None:
    """Raises Refused for a body that is packed: it would have to be opened before its size is known."""
    if any(name == b"content-encoding" and value.lower() != b"identity" for name, value in headers):
        raise Refused(415, "packed", "the body must be sent as it is, without content-encoding")


async def _body(scope: dict[str, Any], receive: Any) -> bytes:
    """The whole body; raises Refused for one that is too long."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    too_large = Refused(413, "too_large", f"at most {MOST_BYTES} bytes fit into one request")
    if length.isdigit() and int(length) > MOST_BYTES:
        raise too_large
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "cut_off", "the request ended early")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > MOST_BYTES:
            raise too_large
    return b"".join(parts)


def _clean(ua: bytes) -> bytes:
    """A user agent as PostgreSQL takes it: valid UTF-8 without NUL, not endless."""
    ua = ua[:LONGEST_AGENT]
    if ua.isascii() and b"\0" not in ua:
        return ua
    return ua.decode("utf-8", "ignore").replace("\0", "").encode()


async def _answer(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    with contextlib.suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
