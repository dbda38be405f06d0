"""`python3 -m launcher <command>`; keeps to syntax that old interpreters read, to tell them what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NEEDED = (3, 11)


def newer_python() -> str | None:
    """The path of an installed Python that is new enough and starts (a shim may not), or None."""
    for minor in range(20, NEEDED[1] - 1, -1):
        path = shutil.which("python3." + str(minor))
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def begin() -> None:
    """Hand over to the command line, on a newer interpreter when this one is too old."""
    if sys.version_info < NEEDED:
        path = newer_python()
        if path is None:
            sys.exit("Mainstay needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
        os.execv(path, [path, "-m", "launcher", *sys.argv[1:]])  # noqa: S606 -- nothing to quote
    from launcher.cli import main  # noqa: PLC0415 -- old interpreters could not even read it

    sys.exit(main(sys.argv[1:]))


begin()
