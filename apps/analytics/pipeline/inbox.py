"""Taking envelopes out of the inbox: read and deleted together, gone only when the transaction commits."""

from __future__ import annotations

from typing import Any

from apps.analytics.pipeline.hits import Envelope

MOST_ROWS = 20_000
_WAITING = """
WITH waiting AS MATERIALIZED (
    SELECT id, events FROM analytics_inbox WHERE id > %(after)s AND {shard} ORDER BY id LIMIT %(rows)s
), taken AS (
    SELECT id FROM (SELECT id, sum(events) OVER (ORDER BY id) - events AS before FROM waiting) w
    WHERE before < %(events)s
)
"""
_COLUMNS = "i.id, (date_part('epoch', i.received_at) * 1000)::bigint, i.site_id, i.origin, i.ip, i.ua, i.body"
_TAKE = f"""{_WAITING}
DELETE FROM analytics_inbox i USING taken WHERE i.id = taken.id
RETURNING {_COLUMNS}
"""
_LOOK = f"{_WAITING} SELECT {_COLUMNS} FROM analytics_inbox i JOIN taken ON i.id = taken.id"
_AGAIN = f"DELETE FROM analytics_inbox i WHERE i.id = ANY(%(ids)s) RETURNING {_COLUMNS}"
_REMOVE = "DELETE FROM analytics_inbox WHERE id = ANY(%s::bigint[])"


class Vanished(Exception):
    """Envelopes that had been looked at were no longer there to be taken."""


class InboxReader:
    """Takes batches of about a number of events; with `shard` (i, n) only sites of one of n writers. It is the only
    reader of its shard, which the runner's advisory lock sees to: locks on rows would write each of them once more."""

    def __init__(self, connection: Any, most_events: int, shard: tuple[int, int] = (0, 1)) -> None:
        self._connection = connection
        self._most = most_events
        self._shard = shard
        self._of_shard = "site_id %% %(of)s = %(shard)s" if shard[1] > 1 else "true"
        self._take, self._look = (sql.replace("{shard}", self._of_shard) for sql in (_TAKE, _LOOK))

    def take(self) -> list[Envelope]:
        """The oldest envelopes that nobody else holds, by id; empty when there are none."""
        return self._fetched(self._connection, self._take, self._limits(0))

    def look(self, connection: Any, after: int) -> list[Envelope]:
        """The oldest envelopes behind an id, over another connection; they stay where they are."""
        return self._fetched(connection, self._look, self._limits(after))

    def remove(self, envelopes: list[Envelope]) -> None:
        """Take what was only looked at. Raises Vanished if not all of it is there."""
        ids = f"{{{','.join([str(envelope.id) for envelope in envelopes])}}}"
        if self._connection.execute(_REMOVE, [ids]).rowcount != len(envelopes):
            raise Vanished

    def take_again(self, ids: list[int]) -> list[Envelope]:
        """These envelopes, after the transaction that took them was rolled back."""
        return self._fetched(self._connection, _AGAIN, {"ids": ids})

    def _limits(self, after: int) -> dict[str, int]:
        return {
            "rows": MOST_ROWS, "events": self._most, "shard": self._shard[0], "of": self._shard[1], "after": after,
        }

    @staticmethod
    def _fetched(connection: Any, sql: str, params: dict[str, Any]) -> list[Envelope]:
        with connection.cursor(binary=True) as cursor:
            rows = cursor.execute(sql, params).fetchall()
        rows.sort()
        return list(map(Envelope._make, rows))
