"""Traffic figures for `apps.metrics.read`: from the rollups when nothing is filtered, else from the visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from apps.accounts.access import visible
from apps.analytics.enums import BREAKDOWNS
from apps.analytics.models import Site
from apps.analytics.selectors import rollups, visits
from apps.analytics.selectors.asking import Ask
from apps.analytics.selectors.asking import asked as asked_within
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
        found = _asked(query, lambda query, cursor: _store(query).totals(query, asked, cursor))
        return dict.fromkeys(query.measures, 0) | found

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by bucket, where there is something."""
        asked = Asked.of(query.measures)
        return _asked(query, lambda query, cursor: _store(query).series(query, asked, cursor))

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by one dimension, by site or by organization."""
        asked = Asked.of(query.measures)
        return _asked(
            query, lambda query, cursor: _store(query).breakdown(query, asked, by, order, limit, offset, cursor)
        )

    def version(self, query: Query) -> str:
        """Moves with every batch of the pipeline that touched these organizations."""
        return live.version(query.organization_ids, self.key)

    def visible(self, user: Any, membership: Any) -> tuple[int, ...] | None:
        """The sites assigned to a person whose right covers no more."""
        sites = visible(user, "site.view", Site.objects.all(), membership=membership)
        return tuple(sites.values_list("id", flat=True))


def _store(query: Query) -> FigureStore:
    return visits if query.filters else rollups


def _asked(query: Query, ask: Ask[T]) -> T:
    """Ask within the scope only, and under a time limit when the answer is not in the rollups."""
    return asked_within(query, ask, FILTERED_SECONDS if query.filters else None)


registry.register_source(TrafficSource())
