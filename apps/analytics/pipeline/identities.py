"""Under which mark a known user was last seen in a browser."""

from __future__ import annotations

from typing import Any

MOST = 100_000
_QUERY = """
SELECT i.site_id, i.uid, i.visitor FROM analytics_identity i
JOIN unnest(%s::bigint[], %s::text[]) AS k(site_id, uid) ON i.site_id = k.site_id AND i.uid = k.uid
"""


class Identities:
    """Known users by site and id."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._known: dict[tuple[int, str], int] = {}

    def load(self, wanted: set[tuple[int, str]]) -> None:
        """Have these at hand."""
        missing = [key for key in wanted if key not in self._known]
        if not missing:
            return
        if len(self._known) > MOST:
            self._known.clear()
        for key in missing:
            self._known[key] = 0
        rows = self._connection.execute(_QUERY, [[site for site, _ in missing], [uid for _, uid in missing]])
        for site_id, uid, visitor in rows.fetchall():
            self._known[(site_id, uid)] = visitor

    def visitor(self, site_id: int, uid: str) -> int:
        """The mark of the browser a user was last seen in; 0 when never."""
        return self._known.get((site_id, uid), 0)

    def learn(self, site_id: int, uid: str, visitor: int, traits: Any) -> bool:
        """A user was seen under a mark; whether that is worth storing."""
        if self._known.get((site_id, uid)) == visitor and not traits:
            return False
        self._known[(site_id, uid)] = visitor
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
