"""A business with companies, connected to HubSpot as a server on this machine plays it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.analytics.models import Company, CrmEntry
from apps.core.models import Connection
from apps.core.tenancy import tenant
from tests.analytics.crm.servers import TOKEN, HubSpotOffice, opened

SEEN = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)


@pytest.fixture
def hubspot(settings: Any) -> Iterator[HubSpotOffice]:
    """The vendor."""
    with opened(HubSpotOffice()) as found:
        settings.HUBSPOT_API_URL = found.url
        yield found


@pytest.fixture
def connect(organization: Organization) -> Callable[..., Connection]:
    """Connect an account of the business; of another with `to`."""

    def made(provider: str = "hubspot", to: Organization | None = None, **values: Any) -> Connection:
        secrets = values.pop("secrets", {"token": TOKEN})
        with tenant((to or organization).pk):
            return Connection.objects.create(
                kind="crm", provider=provider, name="Our CRM", status="ok", config=values, secrets=secrets,
            )

    return made


@pytest.fixture
def company(organization: Organization) -> Callable[..., Company]:
    """A company that visited."""

    def made(name: str = "Acme", domain: str = "", to: Organization | None = None, **values: Any) -> Company:
        with tenant((to or organization).pk):
            return Company.objects.create(
                key=f"name:{name}", name=name, domain=domain, first_seen_at=SEEN, last_seen_at=SEEN, visits=3,
                **values,
            )

    return made


@pytest.fixture
def entries(organization: Organization) -> Callable[[], list[CrmEntry]]:
    """What is known of companies in CRMs."""

    def found() -> list[CrmEntry]:
        with tenant(organization.pk):
            return list(CrmEntry.objects.select_related("company", "connection").order_by("id"))

    return found
