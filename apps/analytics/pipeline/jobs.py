"""Work that was asked of the pipeline, done between two batches: it alone writes the store and knows who is here."""

from __future__ import annotations

import time
from typing import Any

import structlog
from psycopg import OperationalError
from psycopg.types.json import Jsonb

from apps.analytics.columns.keeping import sweep
from apps.analytics.enums import JobKind
from apps.analytics.pipeline.core import Core
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.pipeline.importing import Importer
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.recount import recount_goals, recount_products
from apps.analytics.pipeline.replay import replay_letters
from apps.metrics.live import mark_dirty

log = structlog.get_logger(__name__)
LOOK_EVERY = 30.0
_LONG = frozenset({JobKind.IMPORT, JobKind.UNDO})
_WAITING = """
SELECT id, kind, site_id, params FROM analytics_storejob WHERE done_at IS NULL AND site_id %% %s = %s
ORDER BY kind IN ('import', 'undo'), id LIMIT 1
"""
# Whom an erasure was about is forgotten with the rest.
_DONE = """
UPDATE analytics_storejob SET done_at = now(), result = %s, error = '',
    params = CASE WHEN kind = 'erase' THEN '{}'::jsonb ELSE params END
WHERE id = %s
"""


class Jobs:
    """Looks for work when told of it, and now and then."""

    def __init__(self, core: Core, shard: tuple[int, int]) -> None:
        self._core = core
        self._shard = shard
        self._next = 0.0
        self._importer = Importer(core)

    def look(self) -> None:
        """There may be work."""
        self._next = 0.0

    def run_waiting(self) -> int:
        """Do what is waiting, if it is time to look; returns how many jobs were done."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + LOOK_EVERY
        done = 0
        while job := self._core.connection.execute(_WAITING, [self._shard[1], self._shard[0]]).fetchone():
            if job[1] in _LONG:
                self._go_on(*job)
                break
            self._run(*job)
            done += 1
        return done

    def _go_on(self, job_id: int, kind: str, site_id: int, params: dict[str, Any]) -> None:
        """One step of work that takes long; what has come meanwhile is counted before the next."""
        self._next = 0.0
        connection, importer = self._core.connection, self._importer
        try:
            ended = (importer.step if kind == JobKind.IMPORT else importer.undo)(params["import"])
        except Exception as error:
            if connection.broken or isinstance(error, OperationalError):
                raise
            log.exception("pipeline.import_failed", job=job_id, kind=kind)
            importer.failed(params["import"], error)
            connection.execute(
                "UPDATE analytics_storejob SET done_at = now(), error = %s WHERE id = %s",
                [f"{type(error).__name__}: {error}"[:2000], job_id],
            )
        else:
            if ended:
                connection.execute(_DONE, [Jsonb({}), job_id])
        if site := self._core.sites.get(site_id):
            mark_dirty([site.organization_id], "analytics")

    def _run(self, job_id: int, kind: str, site_id: int, params: dict[str, Any]) -> None:
        connection = self._core.connection
        try:
            with connection.transaction():
                result = _KINDS[JobKind(kind)](self._core, site_id, params)
                connection.execute(_DONE, [Jsonb(result), job_id])
        except Exception as error:
            if connection.broken:
                raise
            log.exception("pipeline.job_failed", job=job_id, kind=kind)
            connection.execute(
                "UPDATE analytics_storejob SET done_at = now(), error = %s WHERE id = %s",
                [f"{type(error).__name__}: {error}"[:2000], job_id],
            )
        self._core.rolled_back()
        if kind == JobKind.ERASE:
            sweep(connection)
        if site := self._core.sites.get(site_id):
            mark_dirty([site.organization_id], "analytics")


def _rebuild(core: Core, site_id: int, params: dict[str, Any]) -> dict[str, Any]:
    """Everything, or only what is sold, or only the goals that are named."""
    if params.get("products"):
        recount_products(core.connection, site_id)
        return {}
    if ids := params.get("goals"):
        return {"goals": recount_goals(core.connection, site_id, ids)}
    return {"rows": rebuild_site(core.connection, site_id)}


def _erase(core: Core, site_id: int, params: dict[str, Any]) -> dict[str, Any]:
    return erase_visitor(core.connection, site_id, visitor=params.get("visitor"), uid=params.get("uid", ""))


def _replay(core: Core, site_id: int, params: dict[str, Any]) -> dict[str, Any]:
    return replay_letters(core.connection, params["letters"])


_KINDS = {JobKind.REBUILD: _rebuild, JobKind.ERASE: _erase, JobKind.REPLAY: _replay}
