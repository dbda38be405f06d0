"""Who PostgreSQL runs as. It refuses to be root, so a root launcher has to find somebody else."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import CannotStart
from launcher.places import private_directory

PASSABLE = 0o711
EMBEDDED = "pginstall"
LASTING_TEMPORARY = Path("/var/tmp")  # noqa: S108 -- the folder made in it has a random name and is root's
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True)
class Account:
    """Who runs the server, from which binaries, and where its data can be."""

    kind: str
    bin: Path
    home: Path
    owner: tuple[int, int] | None = None
    prefix: tuple[str, ...] = ()

    def give(self, path: Path) -> Path:
        """Make a folder, and all that is in it, belong to the account."""
        private_directory(path)
        uid, gid = self.owner or (os.geteuid(), os.getegid())
        if path.stat().st_uid != uid:
            for folder, _, files in os.walk(path):
                for name in ("", *files):
                    os.chown(os.path.join(folder, name), uid, gid, follow_symlinks=False)  # noqa: PTH118
        return path

    def run(self, *argv: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as the account and wait for it."""
        return _as(self.owner, [*self.prefix, *(str(word) for word in argv)])


def choose(bin_folder: Path, var: Path, kinds: tuple[str, ...] = ("nobody", "namespace", "copy")) -> Account:
    """The first way that works here: ourselves; as root, `nobody` in place, a user namespace, or `nobody` elsewhere."""
    if os.geteuid() != 0:
        return Account("self", bin_folder, private_directory(var))
    ways: dict[str, Callable[[], Account | None]] = {
        "nobody": lambda: _nobody_here(bin_folder, var),
        "namespace": lambda: _namespace(bin_folder, var),
        "copy": lambda: _nobody_elsewhere(bin_folder, var),
    }
    for kind in kinds:
        if account := ways[kind]():
            return account
    raise CannotStart("PostgreSQL refuses to run as root. Start Mainstay as an ordinary user, or set DATABASE_URL.")


def _nobody() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _as(owner: tuple[int, int] | None, argv: list[str]) -> subprocess.CompletedProcess[str]:
    options = {} if owner is None else {"user": owner[0], "group": owner[1], "extra_groups": []}
    return subprocess.run(argv, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


def _runs(owner: tuple[int, int] | None, *argv: str) -> bool:
    try:
        return _as(owner, list(argv)).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _nobody_here(bin_folder: Path, var: Path) -> Account | None:
    owner = _nobody()
    private_directory(var)
    for folder in (var, var.parent):
        # Passing through is all it needs: names stay unlisted, and every file below is closed by its own mode.
        if folder.stat().st_mode & 0o777 == 0o700 and "var" in (folder.name, folder.parent.name):
            folder.chmod(PASSABLE)
    if _runs(owner, str(bin_folder / "postgres"), "--version") and _runs(owner, "test", "-x", str(var)):
        return Account("nobody", bin_folder, var, owner)
    return None


def _namespace(bin_folder: Path, var: Path) -> Account | None:
    if shutil.which("unshare") and _runs(None, *NAMESPACE, str(bin_folder / "postgres"), "--version"):
        return Account("namespace", bin_folder, private_directory(var), None, NAMESPACE)
    return None


def _nobody_elsewhere(bin_folder: Path, var: Path) -> Account | None:
    owner = _nobody()
    noted = private_directory(var) / "postgres-home"
    home = Path(noted.read_text()) if noted.exists() else None
    if home is None or not home.is_dir() or home.stat().st_uid != 0:
        home = Path(tempfile.mkdtemp(prefix="mainstay-", dir=LASTING_TEMPORARY if LASTING_TEMPORARY.is_dir() else None))
        noted.write_text(str(home))
    home.chmod(PASSABLE)
    if not _runs(owner, str(bin_folder / "postgres"), "--version"):
        bin_folder = _copied(bin_folder, home)
    return Account("copy", bin_folder, home, owner) if _runs(owner, str(bin_folder / "postgres"), "--version") else None


def _copied(bin_folder: Path, home: Path) -> Path:
    """Copy an embedded server, which is a folder of its own; one that the system installed is not ours to copy."""
    if bin_folder.parent.name != EMBEDDED:
        return bin_folder
    copy = home / EMBEDDED
    shutil.rmtree(copy, ignore_errors=True)
    for part in ("bin", "lib", "share"):
        shutil.copytree(bin_folder.parent / part, copy / part, symlinks=True)
    return copy / "bin"
