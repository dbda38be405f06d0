"""What the pipeline does now and then: partitions made ahead, weeks and months folded, what is too old forgotten."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from apps.analytics.pipeline.core import Core
from apps.analytics.pipeline.folding import fold_closed_periods
from apps.analytics.pipeline.retention import Retention

EVERY_SECONDS = 600
AGAIN_SECONDS = 15
RETENTION_SECONDS = 2.0  # counting waits meanwhile
_FORGET = (
    "DELETE FROM analytics_rollup WHERE grain = 1 AND site_id = ANY(%(sites)s) AND dim IN (0, 32)"
    " AND bucket < now() - interval '2 days'",
    "UPDATE analytics_event e SET ip = NULL FROM analytics_site s WHERE e.site_id = s.id AND s.id = ANY(%(sites)s)"
    " AND e.ip IS NOT NULL AND e.time < now() - make_interval(days => (s.settings ->> 'ip_retention_days')::int)",
)


class Housekeeping:
    """Runs at the start and every ten minutes."""

    def __init__(self, core: Core, shard: tuple[int, int]) -> None:
        self._core = core
        self._shard = shard
        self._next = 0.0

    def run_if_due(self) -> None:
        """Run, if it is time."""
        if time.monotonic() >= self._next:
            self.run()

    def run(self) -> None:
        """Everything, each in its own transaction."""
        self._next = time.monotonic() + EVERY_SECONDS
        connection = self._core.connection
        self._core.store.ahead()
        self._core.salts.forget()
        sites = self._sites()
        fold_closed_periods(connection, sites)
        connection.execute(_FORGET[0], {"sites": sites})
        kept = connection.execute(
            "SELECT id FROM analytics_site WHERE (settings ->> 'ip_retention_days')::int > 0 AND id = ANY(%s)", [sites]
        )
        if found := [row[0] for row in kept.fetchall()]:
            connection.execute(_FORGET[1], {"sites": found})
        if self._shard[0] == 0:
            connection.execute("DELETE FROM analytics_addresslookup WHERE created_at < now() - interval '15 minutes'")
            connection.execute("DELETE FROM analytics_pipelineminute WHERE minute < now() - interval '90 days'")
            connection.execute("DELETE FROM analytics_storejob WHERE done_at < now() - interval '90 days'")
        self._core.sites.refresh()
        self._let_go()

    def _let_go(self) -> None:
        """What sites no longer keep; when there is more of it than fits between two batches, soon again."""
        retention = Retention(self._core.connection, self._shard, datetime.now(UTC))
        done = retention.run(time.monotonic() + RETENTION_SECONDS)
        if done["partitions"]:
            self._core.store.reset()
        if done["unfinished"]:
            self._next = time.monotonic() + AGAIN_SECONDS

    def _sites(self) -> list[int]:
        rows: Any = self._core.connection.execute(
            "SELECT id FROM analytics_site WHERE id %% %s = %s", [self._shard[1], self._shard[0]]
        )
        return [row[0] for row in rows.fetchall()]
