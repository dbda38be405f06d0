"""Writing down what a sync brought: figures of searches by day, replaced and never added to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction

from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, SiteSearch
from apps.analytics.providers.searches.base import Reach, Slice
from apps.core.models import Connection
from apps.core.providers import ProviderError
from apps.metrics import live

SOURCE = "searches"
PAIRS = "search-pairs:{site}"  # under this name of the cache stands which answers about a site still count
LONGEST_VALUE = 2_000  # bytes; what an index takes
KEPT = timedelta(days=25 * 31)  # terms and pages: two years can be compared; totals, countries and devices stay
_DIMENSIONS = {
    "": SearchDimension.TOTAL, "query": SearchDimension.QUERY, "page": SearchDimension.PAGE,
    "country": SearchDimension.COUNTRY, "device": SearchDimension.DEVICE,
}
_WORDY = (SearchDimension.QUERY, SearchDimension.PAGE)


def search_store(connection: Connection, items: Sequence[Slice | Reach]) -> int:
    """Store one page of a sync, in the sync's transaction; returns how many rows.

    Figures of another property that the site had before go. Raises ProviderError when a person has chosen another
    property since the run began: the next run, in a moment, reads that one.
    """
    row = SiteSearch.objects.select_for_update().filter(connection=connection).first()
    if row is None:
        return 0
    count = 0
    for item in items:
        if item.property != connection.config.get("property"):
            raise ProviderError("another property was chosen", retry_after=1)
        if row.property != item.property:
            _forget(row)
            row.property = item.property
        count += _slice(row, item) if isinstance(item, Slice) else _reach(row, item)
    row.save()
    organization = row.organization_id
    transaction.on_commit(lambda: live.mark_dirty([organization], SOURCE))
    return count


def _slice(row: SiteSearch, item: Slice) -> int:
    dim = _DIMENSIONS[item.by]
    if item.begins:
        SearchFigure.objects.filter(site=row.site_id, dim=dim, day__gte=item.first, day__lte=item.last).delete()
    figures = [
        SearchFigure(
            organization_id=row.organization_id, site_id=row.site_id, day=day, dim=dim,
            value="" if dim is SearchDimension.TOTAL else stored_value(line.keys[-1]), clicks=line.clicks,
            impressions=line.impressions, places=line.position * line.impressions,
        )
        for line, day in zip(item.rows, item.days, strict=True)
    ]
    # A list that moves while it is read in pages may show a row twice.
    SearchFigure.objects.bulk_create(figures, batch_size=2_000, ignore_conflicts=True)
    return len(figures)


def _reach(row: SiteSearch, item: Reach) -> int:
    row.first_day = min(row.first_day or item.first, item.first)
    row.last_day, row.final_day = item.last, item.final
    old = SearchFigure.objects.filter(site=row.site_id, dim__in=_WORDY, day__lt=item.last - KEPT)
    old.delete()
    return 0


def _forget(row: SiteSearch) -> None:
    SearchFigure.objects.filter(site=row.site_id).delete()
    row.property, row.first_day, row.last_day, row.final_day = "", None, None, None
    transaction.on_commit(lambda: cache.delete(PAIRS.format(site=row.site_id)))


def figures_forget(row: SiteSearch) -> None:
    """Remove every figure of a site."""
    _forget(row)
    row.save()
    organization = row.organization_id
    transaction.on_commit(lambda: live.mark_dirty([organization], SOURCE))


def stored_value(value: Any) -> str:
    """A value as it is stored: without signs PostgreSQL does not take, and no longer than an index takes."""
    text = str(value).replace("\x00", "")
    raw = text.encode("utf-8", "ignore")
    return raw[:LONGEST_VALUE].decode("utf-8", "ignore")
