"""Is it alive, and can it serve? Asked by load balancers and people."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from apps.core.ops import probes

log = structlog.get_logger(__name__)
_MIGRATIONS_ASKED_EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `vital` ones decide whether requests can be served at all."""

    name: str
    ok: bool
    vital: bool
    words: str


class _Migrations:
    """Whether the database is as the code wants it; once it is, it is asked again only now and then."""

    def __init__(self) -> None:
        self.good_until = 0.0

    def are_applied(self) -> bool:
        if time.monotonic() < self.good_until:
            return True
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        self.good_until = time.monotonic() + _MIGRATIONS_ASKED_EVERY_SECONDS
        return True


migrations = _Migrations()


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, OSError) as error:
        log.warning("ready.database", error=str(error))
        connection.close()
        return Check("database", False, True, "The database does not answer.")
    return Check("database", True, True, "Answers.")


def _migrated() -> Check:
    applied = migrations.are_applied()
    return Check("migrations", applied, True, "Applied." if applied else "Run `manage.py migrate` first.")


def look() -> list[Check]:
    """Everything, the vital first; without a database the rest is not asked."""
    found = [_database()]
    if not found[0].ok:
        return found
    found.append(_migrated())
    if not found[1].ok:
        return found
    for probe, reading in probes.read_all():
        found.append(Check(probe.key, reading.ok, False, str(reading.words)))
    return found


def report(checks: list[Check], *, in_full: bool) -> tuple[int, dict[str, Any]]:
    """Status code and body: `ok`, `degraded` (serves, something is wrong) or `down` (503)."""
    if not all(check.ok for check in checks if check.vital):
        status, code = "down", 503
    else:
        status, code = ("ok" if all(check.ok for check in checks) else "degraded"), 200
    body: dict[str, Any] = {"status": status}
    if in_full:
        body["checks"] = {check.name: {"ok": check.ok, "words": check.words} for check in checks}
    else:
        body["problems"] = [check.name for check in checks if not check.ok]
    return code, body
