"""Addresses that users give us: nothing private is ever spoken to, and nothing runs for ever."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import httpcore
import pytest

from apps.core.addresses import BlockedAddress, UnknownHost, checked
from apps.core.http import FetchError, Limits, fetch
from tests.house.listening import answer, listening

PUBLIC = "93.184.215.14"


@dataclass
class LocalSite:
    """A real web server on this machine."""

    port: int
    seen: list[tuple[str, str, Message]] = field(default_factory=list)
    answers: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = field(default_factory=dict)


@pytest.fixture
def site() -> Iterator[LocalSite]:
    found = LocalSite(0)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.seen.append((self.command, self.path, self.headers))
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            found.answers.get(self.path, answer)(self)

        do_POST = do_GET  # noqa: N815 -- the name http.server asks for

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with listening(Handler) as found.port:
        yield found


@pytest.fixture
def dialled(site: LocalSite, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that is connected to; public ones lead to the local site."""
    settings.OUTBOUND_PORTS = frozenset({80, 443})
    settings.OUTBOUND_LOOPBACK_PORTS = frozenset()
    found: list[str] = []
    real = httpcore.SyncBackend()

    def dial(self: Any, address: str, port: int) -> httpcore.NetworkStream:
        found.append(address)
        return real.connect_tcp("127.0.0.1", site.port, timeout=5)

    monkeypatch.setattr("apps.core.http._CheckedBackend._dial", dial)
    return found


def names(**table: str) -> Callable[[str, int], list[str]]:
    """A resolver that knows these names (dots written as underscores)."""

    def resolve(host: str, port: int) -> list[str]:
        found = table.get(host.replace(".", "_"))
        if found is None:
            raise UnknownHost(host)
        return found.split()

    return resolve


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "017700000001", "127.1", "[::1]", "0", "[::ffff:127.0.0.1]"],
)
def test_this_machine_is_refused_however_it_is_spelled(host: str, settings: Any) -> None:
    settings.OUTBOUND_PORTS = None

    with pytest.raises((BlockedAddress, UnknownHost)):
        fetch(f"http://{host}:8000/")


def test_a_public_place_is_fetched_and_knows_its_name(site: LocalSite, dialled: list[str]) -> None:
    found = fetch("http://shop.example/hello?x=1", resolver=names(shop_example=PUBLIC), headers={"X-Own": "1"})

    assert (found.status, found.text, found.url, found.address) == (200, "ok", "http://shop.example/hello?x=1", PUBLIC)
    assert dialled == [PUBLIC]
    method, path, headers = site.seen[0]
    assert (method, path, headers["Host"], headers["X-Own"]) == ("GET", "/hello?x=1", "shop.example", "1")


def test_a_name_that_points_inside_is_refused_before_anything_is_sent(site: LocalSite, dialled: list[str]) -> None:
    with pytest.raises(BlockedAddress, match=r"intra.example points into a private network"):
        fetch("http://intra.example/", resolver=names(intra_example="10.1.2.3 ::ffff:127.0.0.1"))

    assert (dialled, site.seen) == ([], [])


def test_of_several_addresses_only_public_ones_are_used(dialled: list[str]) -> None:
    fetch("http://mixed.example/", resolver=names(mixed_example=f"10.0.0.1 {PUBLIC} 127.0.0.1"))

    assert dialled == [PUBLIC]


def test_a_name_that_changes_its_mind_is_asked_once_and_not_followed(dialled: list[str]) -> None:
    given = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])

    found = fetch("http://rebind.example/", resolver=lambda host, port: next(given))

    assert (found.status, dialled) == (200, [PUBLIC])


def test_each_redirect_is_checked(site: LocalSite, dialled: list[str]) -> None:
    site.answers["/in"] = lambda handler: answer(handler, status=302, Location="http://metadata.example/latest")

    with pytest.raises(BlockedAddress):
        fetch(
            "http://shop.example/in",
            resolver=names(shop_example=PUBLIC, metadata_example="169.254.169.254"),
        )

    assert dialled == [PUBLIC]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://shop.example/", "ftp://shop.example/x"])
def test_a_redirect_to_another_scheme_is_refused(site: LocalSite, dialled: list[str], target: str) -> None:
    site.answers["/in"] = lambda handler: answer(handler, status=301, Location=target)

    with pytest.raises(BlockedAddress):
        fetch("http://shop.example/in", resolver=names(shop_example=PUBLIC))


def test_redirects_are_followed_and_counted(site: LocalSite, dialled: list[str]) -> None:
    site.answers["/a"] = lambda handler: answer(handler, status=301, Location="/b")
    site.answers["/b"] = lambda handler: answer(handler, status=308, Location="http://www.shop.example/c")
    resolver = names(shop_example=PUBLIC, www_shop_example="93.184.215.15")

    found = fetch("http://shop.example/a", resolver=resolver, headers={"Authorization": "Bearer s", "X-Own": "1"})

    assert found.redirects == ("http://shop.example/a", "http://shop.example/b")
    assert found.url == "http://www.shop.example/c"
    assert [headers.get("Authorization") for _m, _p, headers in site.seen] == ["Bearer s", "Bearer s", None]
    assert site.seen[-1][2]["X-Own"] == "1"
    site.answers["/loop"] = lambda handler: answer(handler, status=302, Location="/loop")
    with pytest.raises(FetchError, match="redirects too often"):
        fetch("http://shop.example/loop", resolver=resolver, limits=Limits(redirects=3))


def test_a_post_becomes_a_get_after_303_and_stays_one_after_307(site: LocalSite, dialled: list[str]) -> None:
    site.answers["/see"] = lambda handler: answer(handler, status=303, Location="/c")
    site.answers["/same"] = lambda handler: answer(handler, status=307, Location="/c")
    resolver = names(shop_example=PUBLIC)

    fetch("http://shop.example/see", method="POST", content=b"x=1", resolver=resolver)
    fetch("http://shop.example/same", method="POST", content=b"x=1", resolver=resolver)

    assert [(method, path, headers.get("Content-Length")) for method, path, headers in site.seen] == [
        ("POST", "/see", "3"), ("GET", "/c", None), ("POST", "/same", "3"), ("POST", "/c", "3"),
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://shop.example/", "begin with http"), ("shop.example", "begin with http"), ("http://", "begin with http"),
        ("http://me:pw@shop.example/", "user name or password"), ("http://shop.example:22/", "Port 22 is not allowed"),
        ("javascript:alert(1)", "begin with http"),
    ],
)
def test_odd_addresses_are_refused_in_words(dialled: list[str], url: str, words: str) -> None:
    with pytest.raises(BlockedAddress, match=words):
        fetch(url, resolver=names(shop_example=PUBLIC))


@pytest.mark.parametrize("url", ["http://shop.example:99999/", "http://[::1", "http://sh op.example/", "http://\x00/"])
def test_broken_addresses_are_refused(dialled: list[str], url: str) -> None:
    with pytest.raises((BlockedAddress, FetchError, UnknownHost)):
        fetch(url, resolver=names(shop_example=PUBLIC))
    assert dialled == []


def test_too_large_an_answer_is_cut_off(site: LocalSite, dialled: list[str]) -> None:
    site.answers["/big"] = lambda handler: answer(handler, b"x" * 300_000)
    resolver = names(shop_example=PUBLIC)

    with pytest.raises(FetchError, match="larger than 100 KB"):
        fetch("http://shop.example/big", resolver=resolver, limits=Limits(max_bytes=100_000))


def test_a_compressed_answer_is_unpacked_up_to_the_limit(site: LocalSite, dialled: list[str]) -> None:
    site.answers["/zip"] = lambda handler: answer(handler, gzip.compress(b"hello " * 100), Content_Encoding="gzip")
    site.answers["/deflate"] = lambda handler: answer(handler, zlib.compress(b"hi"), Content_Encoding="deflate")
    site.answers["/bomb"] = lambda handler: answer(handler, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    resolver = names(shop_example=PUBLIC)

    assert fetch("http://shop.example/zip", resolver=resolver).content == b"hello " * 100
    assert fetch("http://shop.example/deflate", resolver=resolver).text == "hi"
    with pytest.raises(FetchError, match="larger than"):
        fetch("http://shop.example/bomb", resolver=resolver)


def test_a_slow_drip_ends_at_the_deadline(site: LocalSite, dialled: list[str]) -> None:
    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(400):
                handler.wfile.write(b".")
                time.sleep(0.05)

    site.answers["/drip"] = drip
    began = time.monotonic()

    with pytest.raises(FetchError, match=r"No answer within 0\.4 seconds"):
        fetch("http://shop.example/drip", resolver=names(shop_example=PUBLIC), limits=Limits(seconds=0.4))

    assert time.monotonic() - began < 15  # the whole drip takes twenty


def test_a_site_that_hangs_up_is_an_error_in_words(site: LocalSite, dialled: list[str]) -> None:
    site.answers["/gone"] = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)

    with pytest.raises(FetchError, match="The connection failed"):
        fetch("http://shop.example/gone", resolver=names(shop_example=PUBLIC))


def test_development_may_open_named_ports_of_this_machine(site: LocalSite, settings: Any) -> None:
    settings.OUTBOUND_PORTS = frozenset({80, 443})
    settings.OUTBOUND_LOOPBACK_PORTS = frozenset({site.port})

    assert fetch(f"http://127.0.0.1:{site.port}/").status == 200
    with pytest.raises(BlockedAddress):
        checked("10.0.0.1", site.port, ports=settings.OUTBOUND_PORTS, resolver=lambda host, port: ["10.0.0.1"])
