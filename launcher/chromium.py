"""The system's Chromium, for the browser tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ON_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find(chosen: Mapping[str, str]) -> str | None:
    """The path of a browser: the one CHROMIUM names, else the first that is installed."""
    if named := chosen.get("CHROMIUM"):
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in on_path if path), None) or next((p for p in ON_MAC if os.access(p, os.X_OK)), None)
