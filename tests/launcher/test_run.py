"""`make run` for as long as it runs."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher import run
from launcher.children import Program
from launcher.places import Checkout
from launcher.processes import Supervisor
from launcher.session import Session
from launcher.terminal import Terminal

# Answers once, and ends as a server does that was killed.
ONCE = """
import os, signal, socket, sys
connection, _ = socket.socket(fileno=int(sys.argv[1])).accept()
connection.sendall(str(os.getpid()).encode())
connection.close()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_that_ends_is_started_again_on_the_same_port(
    var: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[str] = []

    @contextmanager
    def session(*_: object) -> Iterator[Session]:
        yield Session(Checkout(var.parent), Terminal(coloured=False), var, {}, supervisor)

    def bring_up(start: run._Start) -> None:
        listener = start.web.fileno()
        supervisor.start(Program("web", (sys.executable, "-c", ONCE, str(listener)), keep=(listener,)))
        threading.Thread(target=visit, args=(start.web_port,)).start()

    def visit(port: int) -> None:
        try:
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                    answered.append(connection.recv(20).decode())
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(run.session, "begin", session)
    monkeypatch.setattr(run._Start, "bring_up", bring_up)
    monkeypatch.setenv("PORT", "18300")
    monkeypatch.setenv("COLLECTOR_PORT", "18400")

    assert run.run(Checkout(var.parent), Terminal(coloured=False)) == 0
    assert len(set(answered)) == 3
