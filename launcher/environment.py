"""The environment of the children: what they are told, and where it comes from."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from launcher.errors import CannotStart
from launcher.places import Checkout

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
LOOPBACKS = ("", "127.0.0.1", "localhost")


def read_file(path: Path) -> dict[str, str]:
    """NAME=value lines of a .env file; raises CannotStart at a line that is neither that nor a comment."""
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise CannotStart(f"{path.name}, line {number}: expected NAME=value.")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[name.strip()] = value
    return {name: value for name, value in found.items() if value}


def given(checkout: Checkout) -> dict[str, str]:
    """What the person set: the .env file, overruled by the environment."""
    return read_file(checkout.root / ".env") | dict(os.environ)


def public_host(host: str) -> str:
    """The name under which a server bound to `host` is opened in a browser."""
    if host in LOOPBACKS:
        return "localhost"
    return socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104 -- compared, not bound


def build(
    checkout: Checkout,
    chosen: Mapping[str, str],
    keys: Mapping[str, str],
    services: Mapping[str, str],
    *,
    web_port: int = 8000,
    collector_port: int = 8001,
    demo: bool = False,
) -> dict[str, str]:
    """The whole environment of a child. What the person chose goes before what is made up here."""
    host = public_host(chosen.get("HOST", ""))
    made = {
        "SECRET_KEY": keys["secret_key"],
        "FIELD_KEYS": keys["field_key"],
        "BASE_URL": f"http://{host}:{web_port}",
        "COLLECTOR_URL": f"http://{host}:{collector_port}",
        "ALLOWED_HOSTS": ",".join(dict.fromkeys([*LOCAL_HOSTS, host])),
        "DEBUG": "0",
        "LOG_FORMAT": "text",
        "OUTBOUND_LOOPBACK_PORTS": str(web_port),  # the demo's shop stands there; nothing without a demo
    }
    always = {
        **services,
        "DEMO": "1" if demo else "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PATH": f"{checkout.venv / 'bin'}{os.pathsep}{chosen.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(checkout.venv),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # threads would otherwise each keep a heap of their own
    }
    return made | dict(chosen) | always
