"""A site connected with Google's Search Console on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, Site, SiteSearch
from apps.analytics.providers.searches.base import search_consoles
from apps.analytics.services.searches import search_connect
from apps.core import sync
from apps.core.bucket import Pace
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.searches.google import DOMAIN, TOKEN, Google, listening
from tests.factories.analytics import SiteFactory

KEY = "google_search_console"
Figures = dict[tuple[int, str, str], tuple[int, int, float]]


@pytest.fixture
def google(settings: Any, time_machine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """The server, on 20 November 2026."""
    time_machine.move_to("2026-11-20 20:00:00+00:00", tick=True)
    monkeypatch.setattr(search_consoles.get(KEY), "pace", Pace(per_second=10_000, burst=10_000))
    found = Google()
    with listening(found) as server:
        settings.SEARCH_CONSOLE_API_URL = server.url
        settings.OAUTH_CLIENTS = {"google": {"id": "mainstay", "secret": "s3cret & more"}}
        yield found


@pytest.fixture
def shop(organization: Organization) -> Site:
    """The site whose searches these are."""
    return SiteFactory(organization=organization, name="Shop", domains=["www.shop.example"])


def connected(site: Site, property_: str = DOMAIN, token: str = TOKEN) -> SiteSearch:
    """A site whose account is signed in to and whose property is chosen; nothing was read yet."""
    with tenant(site.organization_id):
        row = search_connect(actor=None, site=site, provider=KEY, values={"property": property_})
        Connection.objects.filter(pk=row.connection_id).update(secrets={"access_token": token})
        return SiteSearch.objects.select_related("connection").get(pk=row.pk)


def reread(row: SiteSearch) -> SiteSearch:
    """As it stands in the database now."""
    with every_tenant():
        return SiteSearch.objects.select_related("connection").get(pk=row.pk)


def read_all(row: SiteSearch, most: int = 50) -> sync.End:
    """Sync until there is nothing more."""
    for _ in range(most):
        with tenant(row.organization_id):
            end = sync.run(row.connection_id)
        if end is not sync.End.LATER:
            break
    return end


def stored(site: Site) -> Figures:
    """Everything that is stored of a site, by dimension, day and value."""
    with every_tenant():
        rows = SearchFigure.objects.filter(site=site)
        return {
            (row.dim, row.day.isoformat(), row.value): (row.clicks, row.impressions, round(row.places, 3))
            for row in rows
        }


def figures_of(
    site: Site, rows: list[tuple[str, str, int, int, float]], *, dim: SearchDimension = SearchDimension.TOTAL,
) -> SiteSearch:
    """Figures that are there already: day, value, clicks, impressions and mean place."""
    with tenant(site.organization_id):
        SearchFigure.objects.bulk_create(
            SearchFigure(
                organization_id=site.organization_id, site=site, dim=dim, day=date.fromisoformat(day), value=value,
                clicks=clicks, impressions=impressions, places=place * impressions,
            )
            for day, value, clicks, impressions, place in rows
        )
        days = sorted(date.fromisoformat(row[0]) for row in rows)
        found, _ = SiteSearch.objects.get_or_create(site=site, defaults={"property": DOMAIN})
        found.first_day = min(days[0], found.first_day or days[0])
        found.last_day = found.final_day = max(days[-1], found.last_day or days[-1])
        found.save()
    return found
