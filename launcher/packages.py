"""What only the operating system can give: installed by apt when we may, named with its command when not."""

from __future__ import annotations

import os
import shutil
import subprocess

from launcher.errors import CannotStart
from launcher.terminal import Terminal

MAC = {"python3-venv": "python", "chromium": "--cask chromium", "libpango-1.0-0": "pango"}


def may_install() -> bool:
    """Whether this is root on a system with apt."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def advice(*names: str) -> str:
    """The command that installs Debian packages of these names, or what comes nearest elsewhere."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install {' '.join(names)}"
    if shutil.which("brew"):
        return f"brew install {' '.join(MAC.get(name, name) for name in names)}"
    return f"install {' '.join(names)} (Debian's names) with your system's package manager"


def install(terminal: Terminal, why: str, *names: str) -> None:
    """Install system packages; raises CannotStart with the command to type when that is not ours to do."""
    if not may_install():
        raise CannotStart(f"{why} To install it: {advice(*names)}")
    terminal.say(f"{why} Installing {' '.join(names)}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    argv = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    quiet = {"env": env, "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    if subprocess.run(argv, **quiet).returncode:
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        tried = subprocess.run(argv, **quiet)
        if tried.returncode:
            raise CannotStart(f"{why} apt-get could not install {' '.join(names)}:\n{tried.stderr.strip()}")
