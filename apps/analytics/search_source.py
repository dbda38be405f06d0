"""Searches for `apps.metrics.read`: sums of days, as Google counted them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.accounts.access import visible
from apps.analytics.models import Site, SiteSearch
from apps.analytics.selectors import search_figures
from apps.analytics.selectors.asking import asked
from apps.metrics import live, registry
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import Measures, Query, Row

KEY = "searches"
SECONDS = 5


class SearchSource:
    """What sites were found for. A day is Google's, by Pacific time, and stands for the day of the same date."""

    key = KEY
    late = True
    dimensions = tuple(search_figures.DIMENSIONS)

    def totals(self, query: Query) -> Measures:
        """Each measure over the window."""
        return asked(query, search_figures.totals, SECONDS)

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Each measure by bucket."""
        return asked(query, search_figures.series, SECONDS)

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by term, page, country or device."""
        return asked(
            query, lambda query, cursor: search_figures.breakdown(query, by, order, limit, offset, cursor), SECONDS
        )

    def version(self, query: Query) -> str:
        """Moves with every page of a sync."""
        return live.version(query.organization_ids, self.key)

    def fresh_until(self, query: Query) -> datetime | None:
        """The end of the last day that any of the sites has."""
        rows = SiteSearch.objects.filter(organization_id__in=query.organization_ids).exclude(last_day=None)
        if query.subjects:
            rows = rows.filter(site_id__in=query.subjects)
        last = max(rows.values_list("last_day", flat=True), default=None)
        return midnight(last + timedelta(days=1), query.window.zone) if last else None

    def visible(self, user: Any, membership: Any) -> tuple[int, ...] | None:
        """The sites assigned to a person whose right covers no more."""
        sites = visible(user, "site.view", Site.objects.all(), membership=membership)
        return tuple(sites.values_list("id", flat=True))


registry.register_source(SearchSource())
