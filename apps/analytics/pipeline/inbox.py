"""Taking envelopes out of the inbox: read and deleted in one statement, gone only when the transaction commits."""

from __future__ import annotations

from typing import Any

from apps.analytics.pipeline.hits import Envelope

MOST_ROWS = 5_000
_TAKE = """
WITH waiting AS MATERIALIZED (
    SELECT id, events FROM analytics_inbox WHERE {shard} ORDER BY id LIMIT %(rows)s
), taken AS (
    SELECT id FROM (SELECT id, sum(events) OVER (ORDER BY id) - events AS before FROM waiting) w
    WHERE before < %(events)s
)
DELETE FROM analytics_inbox i USING taken WHERE i.id = taken.id
RETURNING i.id, (extract(epoch FROM i.received_at) * 1000)::bigint, i.site_id, i.origin, i.ip, i.ua, i.body
"""
_AGAIN = """
DELETE FROM analytics_inbox i WHERE i.id = ANY(%(ids)s)
RETURNING i.id, (extract(epoch FROM i.received_at) * 1000)::bigint, i.site_id, i.origin, i.ip, i.ua, i.body
"""


class InboxReader:
    """Takes batches of about a number of events; with `shard` (i, n) only sites of one of n writers. It is the only
    reader of its shard, which the runner's advisory lock sees to: locks on rows would write each of them once more."""

    def __init__(self, connection: Any, most_events: int, shard: tuple[int, int] = (0, 1)) -> None:
        self._connection = connection
        self._most = most_events
        self._shard = shard
        self._sql = _TAKE.format(shard="site_id %% %(of)s = %(shard)s" if shard[1] > 1 else "true")

    def take(self) -> list[Envelope]:
        """The oldest envelopes that nobody else holds, by id; empty when there are none."""
        limits = {"rows": MOST_ROWS, "events": self._most, "shard": self._shard[0], "of": self._shard[1]}
        return self._fetched(self._sql, limits)

    def take_again(self, ids: list[int]) -> list[Envelope]:
        """These envelopes, after the transaction that took them was rolled back."""
        return self._fetched(_AGAIN, {"ids": ids})

    def _fetched(self, sql: str, params: dict[str, Any]) -> list[Envelope]:
        with self._connection.cursor(binary=True) as cursor:
            rows = cursor.execute(sql, params).fetchall()
        return [Envelope(*row) for row in sorted(rows)]
