"""Data folders and supervisors of their own for tests of the launcher."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import keys
from launcher.identity import Register
from launcher.places import private_directory
from launcher.processes import Supervisor
from launcher.terminal import Terminal


@pytest.fixture
def site_packages() -> Path:
    """Where the embedded servers are installed."""
    return Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


@pytest.fixture
def var() -> Iterator[Path]:
    """A data folder that every user may pass through to."""
    base = Path(tempfile.mkdtemp(prefix="launcher-"))
    base.chmod(0o711)
    yield private_directory(base / "var")
    shutil.rmtree(base)


@pytest.fixture
def walled_var(tmp_path: Path) -> Path:
    """A data folder that only its owner can walk to."""
    tmp_path.chmod(0o700)
    return private_directory(tmp_path / "var")


@pytest.fixture
def secrets(var: Path) -> dict[str, str]:
    """The secrets of the data folder."""
    return keys.load(var / "keys.json")


@pytest.fixture
def supervisor(var: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Supervisor]:
    """A supervisor whose children end with the test."""
    made = Supervisor(Terminal(coloured=False), Register(var / "children.json"))
    with made.signals():
        yield made
        made.stop_all()


def gone(pid: int) -> bool:
    """Whether no such process runs any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text()
