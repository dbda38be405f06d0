"""Whether what ClickHouse holds is what PostgreSQL holds, span by span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.columns.keeping import ready

_SUMS = """
SELECT count(*), coalesce(sum(pageviews), 0), coalesce(sum(events), 0), coalesce(sum(revenue), 0)
FROM analytics_session WHERE site_id = %s AND started_at >= %s AND started_at < %s
"""
# Only while it is still said to be true: visits that changed meanwhile are no fault of the copy.
_WRONG = "UPDATE analytics_columnspan SET stale = true WHERE name = %s AND NOT stale"


@dataclass(frozen=True, slots=True)
class Compared:
    """One span in both: visits, page views, events and money."""

    site: int
    start: datetime
    until: datetime
    rows: tuple[Any, ...]
    copied: tuple[Any, ...]

    @property
    def same(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        return self.rows == self.copied


def compared(connection: Any, store: ClickHouseStore) -> Iterator[Compared]:
    """Every copy in use held against the visits it was made of, over a connection that sees every tenant. A copy that
    differs is put out of use and made anew. Raises CopiesGone when ClickHouse cannot be asked."""
    for (site, start, until), copy in ready(connection, store).items():
        rows = connection.execute(_SUMS, [site, start, until]).fetchone()
        found = Compared(site, start, until, rows, store.sums(copy))
        if found.same or connection.execute(_WRONG, [copy.name]).rowcount:
            yield found
