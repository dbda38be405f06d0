"""A database beside the tests' own, on the same server: made new, dropped afterwards, lent to the ORM of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
from django.db import connections
from psycopg import sql

PREFIX = "house_"


def _server(name: str) -> str:
    conf = connections["default"].settings_dict
    user, password = (quote(str(conf[key]), safe="") for key in ("USER", "PASSWORD"))
    return f"postgres://{user}:{password}@{conf['HOST']}:{conf['PORT']}/{name}"


@contextmanager
def fresh() -> Iterator[str]:
    """An empty database; gives its DATABASE_URL. What killed runs have left behind goes too."""
    name = f"{PREFIX}{os.getpid()}"
    with psycopg.connect(_server(str(connections["default"].settings_dict["NAME"])), autocommit=True) as admin:
        for (old,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"]).fetchall():
            if not _lives(old.removeprefix(PREFIX)):
                _drop(admin, old)
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _server(name)
        finally:
            _drop(admin, name)


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _lives(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return int(number) != os.getpid()


@contextmanager
def lent(url: str) -> Iterator[None]:
    """Let the ORM of this process work on another database of the same or of another server."""
    from config.env import database

    connection = connections["default"]
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update({key: value for key, value in database(url).items() if key != "ENGINE"})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
