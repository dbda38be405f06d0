"""Traffic as the pipeline would have counted it: hour and day rows of a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from apps.accounts.models import Organization, User
from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import Rollup, Session, Site
from apps.core.tenancy import tenant
from tests.factories.analytics import SiteFactory

NOW = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)  # a Thursday, 14:30 in Berlin

ClientOf = Callable[[User], Client]
Traffic = Callable[..., Site]
_numbers = count(1)


@pytest.fixture
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def traffic() -> Traffic:
    """`traffic(organization, {datetime: visitors})`: every visitor views two pages; one in ten buys for 20.
    `of` are values of other dimensions all of them have."""

    def add(organization: Organization, visits: dict[datetime, int], **of: str) -> Site:
        with tenant(organization.id):
            site = Site.objects.first() or SiteFactory(organization=organization, name="Shop")
            for at, visitors in visits.items():
                _count(organization, site, at, visitors)
                for dimension, value in of.items():
                    _count_by(organization, site, at, Dimension[dimension.upper()], value, visitors)
        return site

    return add


def _count(organization: Organization, site: Site, at: datetime, visitors: int) -> None:
    local = at.astimezone(organization.tz)
    hour = local.replace(minute=0, second=0, microsecond=0)
    for grain, bucket in ((StoreGrain.HOUR, hour), (StoreGrain.DAY, hour.replace(hour=0))):
        row, _ = Rollup.objects.get_or_create(
            site_id=site.id, dim=Dimension.TOTAL, grain=grain, bucket=bucket, value="",
            defaults={"organization_id": organization.id},
        )
        found = Rollup.objects.filter(site_id=site.id, dim=Dimension.TOTAL, grain=grain, bucket=bucket, value="")
        orders = visitors // 10
        found.update(
            visitors=row.visitors + visitors, sessions=row.sessions + visitors, pageviews=row.pageviews + 2 * visitors,
            events=row.events + 2 * visitors, conversions=row.conversions + orders, orders=row.orders + orders,
            revenue=row.revenue + Decimal(20 * orders),
        )


    Session.objects.bulk_create(
        Session(id=next(_numbers), organization_id=organization.id, site=site, visitor=next(_numbers), started_at=at,
                last_at=at, channel="direct")
        for _ in range(visitors)
    )


def _count_by(
    organization: Organization, site: Site, at: datetime, dimension: Dimension, value: str, visitors: int
) -> None:
    day = at.astimezone(organization.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    Rollup.objects.create(
        site_id=site.id, dim=dimension, grain=StoreGrain.DAY, bucket=day, value=value, visitors=visitors,
        sessions=visitors, organization_id=organization.id,
    )


def weeks(now: datetime, past: int, visitors: int) -> dict[datetime, int]:
    """The same hour on the clock in Berlin, of the same weekday, in so many past weeks."""
    local = now.astimezone(ZoneInfo("Europe/Berlin"))
    return {local - timedelta(weeks=week): visitors for week in range(1, past + 1)}


def page(client: Client, organization: Organization, query: str = "") -> str:
    response = client.get(f"/o/{organization.slug}/{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def facts(client: Client, organization: Organization, query: str = "") -> Any:
    return client.get(f"/o/{organization.slug}/{query}").context
