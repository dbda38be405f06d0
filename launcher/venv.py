"""The virtual environment: Python's packages exactly as locked, by hash."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

from launcher import packages, stamps, steps
from launcher.places import Checkout
from launcher.terminal import Terminal


def ensure(checkout: Checkout, terminal: Terminal, *, dev: bool) -> None:
    """Make the environment hold what base.txt (or, for checks, dev.txt) locks. Does nothing when it already does.

    dev.txt contains base.txt, so an environment made for the checks also serves `make run`: both can run side by side.
    """
    stamp = checkout.venv / "synced"
    wanted = _wanted(checkout)
    done = stamps.read(stamp)
    if checkout.python.exists() and (done == f"dev {wanted}" or (not dev and done == f"base {wanted}")):
        return
    _make(checkout, terminal)
    tool(checkout, terminal, "bootstrap", "uv")
    terminal.say("Installing Python packages")
    stamp.unlink(missing_ok=True)
    lock = checkout.locked("dev" if dev else "base")
    uv = checkout.tools / "bin" / "uv"
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", checkout.python, lock]
    steps.do(sync, "Installing Python packages", cwd=checkout.root, env=_plain_environment())
    stamps.write(stamp, f"{'dev' if dev else 'base'} {wanted}")


def tool(checkout: Checkout, terminal: Terminal, lock: str, name: str) -> None:
    """Install what a lock of its own names beside the application's packages, which `uv pip sync` would clear away.
    `name` is that of the program or package that must be there then."""
    stamp = checkout.tools / f"{lock}.synced"
    wanted = stamps.digest([checkout.locked(lock)])
    if stamps.read(stamp) == wanted and _found(checkout, name):
        return
    terminal.say(f"Fetching {name}")
    pip = [*_pip(checkout), "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    locked = ["--require-hashes", "--upgrade", "--target", checkout.tools, "-r", checkout.locked(lock)]
    steps.do([*pip, *locked], f"Fetching {name}", cwd=checkout.root, env=_plain_environment())
    stamps.write(stamp, wanted)


def _found(checkout: Checkout, name: str) -> bool:
    return any(any(checkout.tools.glob(place)) for place in (f"bin/{name}", f"*/bin/{name}", f"{name}/__init__.py"))


def _wanted(checkout: Checkout) -> str:
    locks = [checkout.locked("base"), checkout.locked("dev")]
    return stamps.digest(locks, f"{sys.version_info.major}.{sys.version_info.minor}")


def _make(checkout: Checkout, terminal: Terminal) -> None:
    if checkout.python.exists() and _works(checkout):
        return
    has_ensurepip, has_pip = (importlib.util.find_spec(name) is not None for name in ("ensurepip", "pip"))
    if not has_ensurepip and (packages.may_install() or not has_pip):
        # Debian keeps ensurepip in a package of its own; where pip is there already, pip alone is enough.
        packages.install(terminal, "Python came without venv.", f"python3.{sys.version_info.minor}-venv")
        has_ensurepip = True
    terminal.say("Making the virtual environment")
    shutil.rmtree(checkout.venv, ignore_errors=True)
    argv = [sys.executable, "-m", "venv", *([] if has_ensurepip else ["--without-pip"]), checkout.venv]
    steps.do(argv, "Making the virtual environment", env=_plain_environment())


def _works(checkout: Checkout) -> bool:
    shown = subprocess.run(
        [str(checkout.python), "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
    )
    return shown.stdout.split() == [str(sys.version_info.major), str(sys.version_info.minor)]


def _pip(checkout: Checkout) -> list[str]:
    own = subprocess.run([str(checkout.python), "-m", "pip", "--version"], capture_output=True).returncode == 0
    return [str(checkout.python) if own else sys.executable, "-m", "pip"]


def _plain_environment() -> dict[str, str]:
    """Ours, without what would point Python at another environment."""
    misleading = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in misleading}
