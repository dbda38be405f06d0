"""Processes to measure, and how their figures are told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import connection

from tests.benchmarks import traffic
from tests.benchmarks.load import pack

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def environment() -> dict[str, str]:
    """That of the processes of production, on this test's database, without limits on how fast one may send."""
    found = connection.settings_dict
    url = f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    return {
        **os.environ, "DATABASE_URL": url, "DEBUG": "0", "LOG_LEVEL": "WARNING", "TRUSTED_PROXY_DEPTH": "1",
        "COLLECT_RATE": "0", "COLLECT_BACKLOG": str(10**9),
    }


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def serving(app: str, *options: str) -> Iterator[int]:
    """An ASGI application under uvicorn; gives its port."""
    port = free_port()
    command = (
        sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop",
        "--no-access-log", "--log-level", "warning", "--no-proxy-headers", *options,
    )
    process = subprocess.Popen(command, env=environment(), cwd=settings.BASE_DIR, **QUIET)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def collector() -> Iterator[int]:
    """The collector as the Procfile starts it; gives its port."""
    with serving("config.collector:app", "--http", "apps.analytics.collector.protocol:TrackProtocol") as port:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                if answer.status == 200:
                    break
            time.sleep(0.1)
        yield port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def sent(requests: list[bytes], port: int, seconds: float, connections: int, rate: float = 0) -> dict[str, Any]:
    """Send from a process of its own; what it tells."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(pack(requests))
        command = (
            sys.executable, "-m", "tests.benchmarks.load", file.name, "127.0.0.1", str(port), str(seconds),
            str(connections), str(rate),
        )
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=settings.BASE_DIR)
    return json.loads(told.stdout)


@cache
def plain_view() -> dict[str, Any]:
    """What a plain Django view that inserts one row a request does on this machine, measured once a run. It empties
    the inbox."""
    return _unaided("tests.benchmarks.plain:application", traffic.requests(1, "plain", 20_000, 1, "p"), 8)


@cache
def bare_application(connections: int) -> dict[str, Any]:
    """What an application that does nothing but store does on this machine, measured once a run. It empties the
    inbox."""
    return _unaided("tests.benchmarks.bare:application", traffic.requests(1, "bare", 300_000, 1, "b"), connections)


def _unaided(app: str, requests: list[bytes], connections: int) -> dict[str, Any]:
    with serving(app, "--http", "httptools") as port:
        told = sent(requests, port, 6.0, connections)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE analytics_inbox")
    return told


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used with all its threads; 0 where the system does not tell."""
    try:
        return psutil.Process(pid).cpu_times().user + psutil.Process(pid).cpu_times().system
    except psutil.Error:
        return 0.0


def say(what: str, figure: float, unit: str, wanted: float | None = None, *, less: bool = False) -> None:
    """One line of the report; with what was promised, and whether it is kept."""
    line = f"  {what:<58} {figure:>12,.1f} {unit}"
    if wanted is not None:
        kept = figure <= wanted if less else figure >= wanted
        line += f"   (promised {'at most' if less else 'at least'} {wanted:,g}: {'kept' if kept else 'NOT kept'})"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
