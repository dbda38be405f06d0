"""Ports that are ours, and strangers on them."""

from __future__ import annotations

import socket

import pytest

from launcher.errors import CannotStart
from launcher.ports import LOOPBACK, answers, free_port, listen


def test_preferred_port_when_free() -> None:
    wanted = free_port()
    with listen(wanted) as listener:
        assert listener.getsockname() == (LOOPBACK, wanted)
        assert answers(LOOPBACK, wanted)


def test_next_port_when_a_stranger_has_it() -> None:
    wanted = free_port()
    with socket.socket() as stranger:
        stranger.bind((LOOPBACK, wanted))
        stranger.listen()
        with listen(wanted) as listener:
            assert listener.getsockname()[1] > wanted


def test_next_port_when_a_stranger_answers_for_localhost_on_ipv6() -> None:
    wanted = free_port()
    with socket.socket(socket.AF_INET6) as stranger:
        stranger.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        stranger.bind(("::1", wanted))
        stranger.listen()
        with listen(wanted) as listener:
            assert listener.getsockname()[1] > wanted


def test_small_answers_are_not_held_back() -> None:
    with listen(free_port()) as listener, socket.create_connection(listener.getsockname()) as caller:
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert caller.getpeername() == listener.getsockname()


def test_address_of_another_machine_is_named() -> None:
    with pytest.raises(CannotStart, match="no address 192\\.0\\.2\\.1"):
        listen(free_port(), "192.0.2.1")
