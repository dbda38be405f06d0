"""A database that is built once and kept, with a folder beside it under `var/bench`: both are named by what builds
them, so that another way of building starts anew and takes the old ones away."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg.sql import SQL, Identifier

TOP = Path(settings.BASE_DIR) / "var" / "bench"


@contextmanager
def kept(name: str, sources: list[Path], *facts: object, build: Callable[[], None]) -> Iterator[Path]:
    """The test's connection leads to the kept database inside; gives the folder. `build` fills it over that connection,
    once for the text of these files and these facts; migrations that came since are applied."""
    own = str(connection.settings_dict["NAME"])
    parts = [*(file.read_text() for file in sources), repr(facts)]
    mark = hashlib.blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()
    database, folder = f"{own}_{name}_{mark}", TOP / f"{own}_{name}_{mark}"
    there = _databases(f"{own}_{name}_")
    for old in there - {database}:
        _run("DROP DATABASE {}", old)
    for old_folder in TOP.glob(f"{own}_{name}_*"):
        if old_folder != folder:
            shutil.rmtree(old_folder)
    folder.mkdir(parents=True, exist_ok=True)
    if database not in there:
        _build(own, database, build)
    with _led_to(database):
        call_command("migrate", verbosity=0)
        yield folder


def _build(own: str, database: str, build: Callable[[], None]) -> None:
    half = f"{database}_half"
    connections.close_all()
    _run("DROP DATABASE IF EXISTS {}", half)
    _run("CREATE DATABASE {} TEMPLATE {}", half, own)
    with _led_to(half):
        build()
    _run("ALTER DATABASE {} RENAME TO {}", half, database)


def _databases(prefix: str) -> set[str]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return {row[0] for row in cursor.fetchall()}


def _run(statement: str, *names: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(SQL(statement).format(*map(Identifier, names)))


@contextmanager
def _led_to(database: str) -> Iterator[None]:
    """Every connection of this process, Django's and the pipeline's, goes to another database of the same server."""
    facts = (connection.settings_dict, settings.DATABASES["default"])
    before = facts[0]["NAME"]
    connections.close_all()
    for each in facts:
        each["NAME"] = database
    try:
        yield
    finally:
        connections.close_all()
        for each in facts:
            each["NAME"] = before
