"""What every command that runs something shares: locks, secrets, leftovers, signals, an orderly end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher import keys, languages, node, venv
from launcher.identity import Register
from launcher.lock import held
from launcher.places import Checkout, private_directory
from launcher.processes import Supervisor
from launcher.terminal import Terminal

SETUP_PATIENCE_SECONDS = 900


@dataclass(frozen=True)
class Session:
    """One use of a data folder, from its lock to its end."""

    checkout: Checkout
    terminal: Terminal
    var: Path
    keys: dict[str, str]
    supervisor: Supervisor


def set_up(checkout: Checkout, terminal: Terminal, *, dev: bool) -> None:
    """Install packages, build the front end and compile the languages, one launcher at a time."""
    private_directory(checkout.var)
    with held(checkout.var / "setup.lock", wait_seconds=SETUP_PATIENCE_SECONDS):
        venv.ensure(checkout, terminal, dev=dev)
        node.ensure(checkout, terminal)
        (checkout.root / "staticfiles").mkdir(exist_ok=True)  # its absence would be warned of at every start
        languages.ensure(checkout, terminal, keys.load(checkout.var / "keys.json"))


@contextmanager
def begin(checkout: Checkout, terminal: Terminal, var: Path, *, dev: bool = False) -> Iterator[Session]:
    """Hold a data folder for the length of the block; whatever was started in it has ended afterwards."""
    private_directory(checkout.var)
    private_directory(var)
    with held(var / "lock"):
        set_up(checkout, terminal, dev=dev)
        supervisor = Supervisor(terminal, Register(var / "children.json"))
        if left := supervisor.register.end_leftovers():
            terminal.say(f"Ended {left} processes that an earlier run had left behind")
        with supervisor.signals():
            try:
                yield Session(checkout, terminal, var, keys.load(checkout.var / "keys.json"), supervisor)
            finally:
                supervisor.stop_all()
