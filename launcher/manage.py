"""`make manage` and `make shell`: management commands, on the running services or on ones started for the moment."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from launcher import environment, keys, services, session
from launcher.children import Program, spawn
from launcher.errors import CannotStart
from launcher.lock import Busy
from launcher.places import Checkout
from launcher.terminal import Terminal


def manage(checkout: Checkout, terminal: Terminal, words: Sequence[str]) -> int:
    """Run a management command with the terminal to itself; its exit code."""
    chosen = environment.given(checkout)
    argv = (str(checkout.python), "manage.py", *words)
    try:
        with session.begin(checkout, terminal, checkout.var) as now:
            found = services.start(now.supervisor, checkout, now.var, now.keys, chosen)
            env = environment.build(checkout, chosen, now.keys, found)
            return now.supervisor.attend(spawn(Program("manage", argv, env, checkout.root), foreground=True))
    except Busy:
        shared = _running(checkout)
        env = environment.build(checkout, chosen, keys.load(checkout.var / "keys.json"), {}) | shared
        os.chdir(checkout.root)
        os.execve(argv[0], argv, env)  # noqa: S606 -- nothing to quote


def _running(checkout: Checkout) -> dict[str, str]:
    try:
        return dict(json.loads((checkout.var / "running.json").read_text())["env"])
    except (OSError, ValueError, KeyError) as error:
        raise CannotStart("Mainstay is just starting from here; try again in a moment.") from error
