"""Where copies lie: every test that takes `store` runs over files and over ClickHouse."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from apps.analytics.columns import clickhouse
from tests.analytics.columns.house import DATABASE, PASSWORD, USER

HOUSE = Path(__file__).with_name("house.py")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a ClickHouse, as a process of its own."""
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("ClickHouse inside a process is not installed: make test-clickhouse")
    command = [sys.executable, str(HOUSE), str(tmp_path_factory.mktemp("house"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/{DATABASE}"
        finally:
            process.kill()  # asked to end, it would first write everything down


@pytest.fixture
def in_clickhouse(house: str, settings: Any) -> Iterator[str]:
    """Copies lie in ClickHouse."""
    settings.EVENT_STORE, settings.CLICKHOUSE_URL = "clickhouse", house
    clickhouse._resting.clear()
    yield house
    for client in clickhouse._clients.values():
        client.close()
    clickhouse._clients.clear()


@pytest.fixture(params=["files", "clickhouse"])
def store(request: pytest.FixtureRequest) -> str:
    """Both places, one after the other."""
    if request.param == "clickhouse":
        request.getfixturevalue("in_clickhouse")
    return str(request.param)
