"""Fetching addresses that users give us: never into a private network, never without an end.

Every connection, also after a redirect, goes through `apps.core.addresses`: resolved once, checked, and made to the
checked address, while certificate and Host header still speak of the name. Time and size have hard limits.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from apps.core import addresses
from apps.core.addresses import BlockedAddress, Resolver, UnknownHost

_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_YET_THERE = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


class FetchError(Exception):
    """The address did not give an answer in time, or gave too much of it. The message is for the user.
    `may_have_arrived`: the request left, only its answer was not read."""

    def __init__(self, message: str, *, may_have_arrived: bool = False) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a fetch ends: seconds over everything, bytes of the decoded body, and redirects followed. `cut`: a body
    that is larger is read so far and no further, instead of being refused."""

    seconds: float = 15.0
    max_bytes: int = 2_000_000
    redirects: int = 5
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from after redirects, `address` the machine that gave it."""

    status: int
    headers: httpx.Headers
    content: bytes
    url: str
    address: str
    redirects: tuple[str, ...]
    seconds: float

    @property
    def text(self) -> str:
        """The body as text, in the charset it names or UTF-8; unreadable bytes are replaced."""
        named = self.headers.get("content-type", "").partition("charset=")[2].split(";")[0].strip(" \"'")
        try:
            return self.content.decode(named or "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    limits: Limits | None = None,
    resolver: Resolver = addresses.resolve,
    ssl_context: ssl.SSLContext | None = None,
) -> Fetched:
    """Ask a user-given address; raises BlockedAddress, UnknownHost or FetchError, each with words for the user."""
    limits = limits or Limits()
    started = time.monotonic()
    backend = _CheckedBackend(resolver, started + limits.seconds)
    hops: list[str] = []
    own = {"User-Agent": f"Mainstay (+{settings.BASE_URL})", "Accept": "*/*", "Accept-Encoding": "gzip"}
    sent = httpx.Headers({**own, **(headers or {})})
    with httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=backend) as pool:
        while True:
            _refuse_odd(url)
            status, answer, body = _once(pool, backend, method, url, sent, content, limits)
            location = answer.get("location") if status in _REDIRECTS else None
            if not location:
                took = time.monotonic() - started
                return Fetched(status, answer, body, url, backend.address, tuple(hops), took)
            hops.append(url)
            if len(hops) > limits.redirects:
                raise FetchError(_("The address redirects too often."))
            target = urljoin(url, location)
            if _origin(target) != _origin(url):
                sent = httpx.Headers([(key, value) for key, value in sent.items() if key not in _PRIVATE_HEADERS])
            if status == 303 or (status in {301, 302} and method == "POST"):
                method, content = "GET", b""
            url = target


class _CheckedBackend(httpcore.NetworkBackend):
    """Opens connections only to checked addresses, and lets nothing run past the deadline."""

    def __init__(self, resolver: Resolver, deadline: float) -> None:
        self._resolver = resolver
        self._deadline = deadline
        self._real = httpcore.SyncBackend()
        self.address = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in addresses.checked(host, port, ports=settings.OUTBOUND_PORTS, resolver=self._resolver):
            try:
                stream = self._dial(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
                continue
            self.address = address
            return _TimedStream(stream, self._deadline)
        raise last or httpcore.ConnectError("no address")

    def _dial(self, address: str, port: int) -> httpcore.NetworkStream:
        return self._real.connect_tcp(address, port, timeout=_left(self._deadline))


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step gets what is left of the whole time."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("out of time")
    return left


def _refuse_odd(url: str) -> None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- raises for a port that is none
    except ValueError as error:
        raise BlockedAddress(_("This is not a web address.")) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise BlockedAddress(_("Only web addresses that begin with http:// or https:// are allowed."))
    if parts.username is not None or parts.password is not None:
        raise BlockedAddress(_("Addresses with a user name or password in them are not allowed."))


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _once(
    pool: httpcore.ConnectionPool,
    backend: _CheckedBackend,
    method: str,
    url: str,
    headers: httpx.Headers,
    content: bytes,
    limits: Limits,
) -> tuple[int, httpx.Headers, bytes]:
    try:
        request = httpx.Request(method, url, headers=headers, content=content or None)
        with pool.stream(
            method, str(request.url), headers=request.headers.raw, content=content or None
        ) as response:
            answer = httpx.Headers(response.headers)
            return response.status, answer, _body(response.iter_stream(), answer, limits)
    except (httpcore.ConnectTimeout, httpcore.ReadTimeout, httpcore.WriteTimeout, httpcore.PoolTimeout) as error:
        words = _("No answer within %(seconds)s seconds.") % {"seconds": f"{limits.seconds:g}"}
        raise FetchError(words, may_have_arrived=not isinstance(error, _NOT_YET_THERE)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        words = _("The connection failed: %(reason)s") % {"reason": error}
        raise FetchError(words, may_have_arrived=not isinstance(error, _NOT_YET_THERE)) from error
    except (httpx.InvalidURL, httpcore.UnsupportedProtocol, UnicodeError, ValueError) as error:
        raise FetchError(_("This is not a web address.")) from error


def _body(chunks: Iterable[bytes], headers: httpx.Headers, limits: Limits) -> bytes:
    encoding = headers.get("content-encoding", "").strip().lower()
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in {"gzip", "x-gzip", "deflate"} else None
    found = bytearray()
    for chunk in chunks:
        try:
            found += inflate.decompress(chunk, limits.max_bytes + 1) if inflate else chunk
        except zlib.error as error:
            raise FetchError(_("The answer is damaged."), may_have_arrived=True) from error
        if len(found) > limits.max_bytes:
            if limits.cut:
                break
            words = _("The answer is larger than %(size)s KB.") % {"size": limits.max_bytes // 1000}
            raise FetchError(words, may_have_arrived=True)
    return bytes(found[: limits.max_bytes])


__all__ = ["BlockedAddress", "FetchError", "Fetched", "Limits", "UnknownHost", "fetch"]
