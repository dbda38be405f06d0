"""Random secrets of this working copy, made once and kept readable by their owner only."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from launcher.errors import CannotStart
from launcher.places import write_private


def _field_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


MAKERS = {
    "secret_key": lambda: secrets.token_urlsafe(48),
    "field_key": _field_key,
    "postgres_admin": lambda: secrets.token_hex(24),
    "postgres_app": lambda: secrets.token_hex(24),
    "valkey": lambda: secrets.token_hex(24),
}


def load(path: Path) -> dict[str, str]:
    """The secrets, with those made that are missing; raises CannotStart rather than replace an unreadable file."""
    try:
        known = json.loads(path.read_text()) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise CannotStart(f"{path} cannot be read ({error}). Stored credentials depend on it: restore it.") from error
    missing = {name: make() for name, make in MAKERS.items() if name not in known}
    if missing:
        known |= missing
        write_private(path, json.dumps(known, indent=1))
    return known
