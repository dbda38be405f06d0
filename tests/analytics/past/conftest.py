"""A shop whose organization is signed in to Google Analytics on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.analytics.models import Import, Site
from apps.analytics.providers.past.base import pasts
from apps.analytics.services.import_fetch import import_fetch, past_properties
from apps.core import sync
from apps.core.bucket import Pace
from apps.core.models import Connection
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.past.google import TOKEN, Google
from tests.analytics.providers.servers import running
from tests.factories.analytics import SiteFactory

KEY = "google_analytics_past"
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 12)


@pytest.fixture
def google(settings: Any, time_machine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """The server, on 20 November 2026."""
    time_machine.move_to("2026-11-20 20:00:00+00:00", tick=True)
    monkeypatch.setattr(pasts.get(KEY), "pace", Pace(per_second=10_000, burst=10_000))
    found = Google()
    with running(KEY, found.judge) as server:
        settings.GA4_DATA_API_URL = settings.GA4_ADMIN_API_URL = server.url
        settings.OAUTH_CLIENTS = {"google": {"id": "mainstay", "secret": "s3cret & more"}}
        yield found


@pytest.fixture
def shop(organization: Organization, settings: Any, tmp_path: Path) -> Site:
    """The site whose past this is."""
    settings.MEDIA_ROOT = str(tmp_path)
    return SiteFactory(organization=organization, name="Shop", domains=["www.shop.example"])


@pytest.fixture
def account(shop: Site) -> Connection:
    """Signed in to."""
    with tenant(shop.organization_id):
        return Connection.objects.create(kind=pasts.kind, provider=KEY, name="Google", secrets={"access_token": TOKEN})


def asked(site: Site, account: Connection, first: date = FIRST, last: date = LAST, key: str = "100") -> Import:
    """Ask for days of a property."""
    with tenant(site.organization_id):
        offered = past_properties(account)
        return import_fetch(
            actor=None, site=site, connection=account, key=key, offered=offered, first=first, last=last
        )


def fetched(row: Import, account: Connection) -> sync.End:
    """Let the runner fetch as far as it gets."""
    with tenant(row.organization_id):
        return sync.run(account.pk)


def again(row: Import) -> Import:
    with every_tenant():
        return Import.objects.get(pk=row.pk)
