"""Which network addresses may be spoken to."""

from __future__ import annotations

import runpy
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.core import addresses
from apps.core.addresses import BlockedAddress, UnknownHost, is_public, open_socket


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine that somebody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.5.4", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.254", "224.0.0.1", "239.255.255.250", "255.255.255.255",
        "240.0.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "192.0.0.8", "192.88.99.1",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1",
    ],
)
def test_private_addresses_in_every_dress_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111",
                "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(("debug", "opened"), [("1", {3000}), ("0", set())])
def test_production_never_opens_this_machine(
    monkeypatch: pytest.MonkeyPatch, debug: str, opened: set[int]
) -> None:
    monkeypatch.setenv("DEBUG", debug)
    monkeypatch.setenv("DEMO", "0")
    monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", "3000")

    found = runpy.run_path(str(Path(__file__).parents[2] / "config/settings/outbound.py"))

    assert found["OUTBOUND_LOOPBACK_PORTS"] == opened


def test_sockets_for_other_protocols_are_checked_the_same_way(
    settings: Any, listening: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_LOOPBACK_PORTS = frozenset()
    with pytest.raises(BlockedAddress):
        open_socket("127.0.0.1", listening, ports=None, timeout_seconds=1)
    monkeypatch.setattr(addresses, "checked", lambda host, port, **kwargs: ["127.0.0.1"])
    with open_socket("mail.example", listening, ports=None, timeout_seconds=1) as opened:
        assert opened.getpeername() == ("127.0.0.1", listening)


def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(UnknownHost, match=r"nowhere\.example has no address"):
        addresses.resolve("nowhere.example", 80)
