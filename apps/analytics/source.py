"""Traffic figures for `apps.metrics.read`: from the rollups when nothing is filtered, else from the visits:
from their copies in columns where there are any, from PostgreSQL where not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from apps.accounts.access import visible
from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.spans import plan
from apps.analytics.enums import BREAKDOWNS
from apps.analytics.models import Site
from apps.analytics.selectors import rollups, visits
from apps.analytics.selectors.asking import asked as asked_within
from apps.analytics.selectors.column_figures import ColumnFigures
from apps.analytics.selectors.measures import WEEK_HOUR, Asked
from apps.analytics.store import FigureStore
from apps.metrics import live, registry
from apps.metrics.contracts import Measures, Query, Row

KEY = "analytics"
FILTERED_SECONDS = 5
T = TypeVar("T")


class TrafficSource:
    """The event store, as metrics read it."""

    key = KEY
    dimensions = (*(dimension.key for dimension in BREAKDOWNS), WEEK_HOUR)

    def totals(self, query: Query) -> Measures:
        """Each measure over the window; 0 where there is nothing."""
        asked = Asked.of(query.measures)
        found = _asked(query, lambda store, query, cursor: store.totals(query, asked, cursor))
        return dict.fromkeys(query.measures, 0) | found

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by bucket, where there is something."""
        asked = Asked.of(query.measures)
        return _asked(query, lambda store, query, cursor: store.series(query, asked, cursor))

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by one dimension, by site or by organization."""
        asked = Asked.of(query.measures)
        return _asked(
            query, lambda store, query, cursor: store.breakdown(query, asked, by, order, limit, offset, cursor)
        )

    def version(self, query: Query) -> str:
        """Moves with every batch of the pipeline that touched these organizations."""
        return live.version(query.organization_ids, self.key)

    def visible(self, user: Any, membership: Any) -> tuple[int, ...] | None:
        """The sites assigned to a person whose right covers no more."""
        sites = visible(user, "site.view", Site.objects.all(), membership=membership)
        return tuple(sites.values_list("id", flat=True))


def _asked(query: Query, ask: Callable[[FigureStore, Query, Any], T]) -> T:
    """Ask the store that knows, within the scope only, and under a time limit when that is not the rollups."""
    return asked_within(
        query, lambda query, cursor: _of_store(query, cursor, ask), FILTERED_SECONDS if query.filters else None
    )


def _of_store(query: Query, cursor: Any, ask: Callable[[FigureStore, Query, Any], T]) -> T:
    if not query.filters:
        return ask(rollups, query, cursor)
    found = plan(query, cursor)
    if found is None:
        return ask(visits, query, cursor)
    try:
        return ask(ColumnFigures(found), query, cursor)
    except CopiesGone:
        return ask(visits, query, cursor)


registry.register_source(TrafficSource())
