"""Where everything lives in a checkout."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Checkout:
    """One working copy of the project."""

    root: Path = ROOT

    @property
    def venv(self) -> Path:
        """The virtual environment of the application."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter of the virtual environment."""
        return self.venv / "bin" / "python"

    @property
    def tools(self) -> Path:
        """What set-up itself needs (uv, Node); apart from the application, whose packages are synced to the letter."""
        return self.venv / "tools"

    @property
    def var(self) -> Path:
        """Data of this working copy."""
        return self.root / "var"

    def locked(self, name: str) -> Path:
        """A hash-locked requirements file."""
        return self.root / "requirements" / f"{name}.txt"

    def site_packages(self) -> Path | None:
        """The virtual environment's packages, if it has been made."""
        return next(iter(sorted(self.venv.glob("lib/python3.*/site-packages"))), None)


def private_directory(path: Path, mode: int = 0o700) -> Path:
    """Make a directory that others cannot list or write, whatever the umask says.

    One that may be passed through (0711, for a database owned by another user) stays so.
    """
    if not path.exists() or path.stat().st_mode & 0o066:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner only, so that a crash leaves the old or the new one."""
    passing = path.with_name(path.name + ".new")
    passing.unlink(missing_ok=True)
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)
