"""Traffic figures for `apps.metrics.read`: from the rollups when nothing is filtered, else from the visits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from apps.accounts.access import visible
from apps.analytics.enums import BREAKDOWNS
from apps.analytics.models import Site
from apps.analytics.selectors import rollups, visits
from apps.analytics.selectors.measures import WEEK_HOUR, Asked
from apps.analytics.store import FigureStore
from apps.core.tenancy import WrongTenant, current_scope
from apps.metrics import live, registry
from apps.metrics.contracts import Measures, Query, QueryTooSlow, Row

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


def _by_site(query: Query, cursor: Any) -> Query:
    """An organization's question as one about all its sites, because that is what the store is ordered by."""
    if query.subjects:
        return query
    cursor.execute("SELECT id FROM analytics_site WHERE organization_id = ANY(%s)", [list(query.organization_ids)])
    return replace(query, subjects=tuple(row[0] for row in cursor.fetchall()) or (0,))


def _asked(query: Query, ask: Callable[[Query, Any], T]) -> T:
    """Ask within the scope only, and under a time limit when the answer is not in the rollups."""
    scope = current_scope()
    if scope is None or not all(scope.allows(org_id) for org_id in query.organization_ids):
        raise WrongTenant("figures were asked of an organization that is not in scope")
    if not query.filters:
        with connection.cursor() as cursor:
            return ask(_by_site(query, cursor), cursor)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{FILTERED_SECONDS}s"])
            answer = ask(_by_site(query, cursor), cursor)
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return answer
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise QueryTooSlow(str(error)) from error
        raise


registry.register_source(TrafficSource())
