"""Connections of the collector and the pipeline, which speak to PostgreSQL without the ORM and set their own scope."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from psycopg.conninfo import make_conninfo


def address() -> str:
    """The default database as libpq wants it. A host that does not answer is given up after three seconds."""
    found = settings.DATABASES["default"]
    parts = {
        "dbname": found["NAME"], "user": found["USER"], "password": found["PASSWORD"], "host": found["HOST"],
        "port": found["PORT"], **(found.get("OPTIONS") or {}),
    }
    wanted = {key: str(value) for key, value in parts.items() if value and isinstance(value, (str, int))}
    return make_conninfo(**wanted, connect_timeout=3, application_name="mainstay-tracking")


def connect() -> psycopg.Connection[Any]:
    """A connection that sees every tenant, each statement its own transaction unless one is opened.

    Nothing is prepared: a plan made while the tables were small would still be used when they are not.
    """
    connection = psycopg.connect(address(), autocommit=True, prepare_threshold=None)
    connection.execute("SELECT set_config('mainstay.orgs', '*', false), set_config('synchronous_commit', 'on', false)")
    return connection
