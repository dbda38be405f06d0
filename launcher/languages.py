"""Translations: compiled where their sources are newer, before anything that reads them starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from launcher import environment, steps
from launcher.places import Checkout
from launcher.terminal import Terminal

# Compiling talks to no server, but the settings want addresses.
NOWHERE = {"DATABASE_URL": "postgres://nowhere/none", "REDIS_URL": "redis://nowhere/0"}


def stale(root: Path) -> list[Path]:
    """The sources that have no compiled file beside them, or an older one."""
    sources = sorted(root.glob("locale/*/LC_MESSAGES/*.po"))
    return [po for po in sources if not _is_newer(po.with_suffix(".mo"), po)]


def ensure(checkout: Checkout, terminal: Terminal, keys: Mapping[str, str]) -> None:
    """Compile the languages when a source has changed."""
    if stale(checkout.root):
        terminal.say("Compiling the languages")
        env = environment.build(checkout, environment.given(checkout), keys, NOWHERE)
        argv = [checkout.python, "manage.py", "compile_locales"]
        steps.do(argv, "Compiling the languages", cwd=checkout.root, env=env)


def _is_newer(compiled: Path, source: Path) -> bool:
    return compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns
