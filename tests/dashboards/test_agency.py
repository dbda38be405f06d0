"""An agency's home: its clients as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from apps.accounts.models import Organization
from apps.analytics.models import Site
from apps.core.tenancy import tenant
from tests.dashboards.conftest import NOW, ClientOf, Traffic, facts, page
from tests.factories.accounts import OrganizationFactory

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("_at_now")


def test_an_agency_sees_its_clients_as_rows_with_their_state(
    agency: Any, client_of: ClientOf, traffic: Traffic
) -> None:
    one, two = agency.clients
    Organization.objects.filter(pk=two.pk).update(currency="USD", time_zone="America/New_York")
    two.refresh_from_db()
    site = traffic(one, {NOW - 2 * HOUR: 120, NOW - 26 * HOUR: 100})
    traffic(two, {NOW - HOUR: 40})
    with tenant(one.id):
        Site.objects.filter(pk=site.pk).update(detected_at=NOW, last_event_at=NOW)

    rows = facts(client_of(agency.owner), agency.organization)["clients"]["rows"]

    assert [(row["name"], row["state"], str(row["state_label"])) for row in rows] == [
        ("Client Two", "attention", "A site was never seen"), ("Client One", "good", "All well"),
    ]
    assert [cell["value"] for cell in rows[0]["cells"]] == ["40", "$80.00", "4", "10%"]
    assert rows[1]["cells"][0] == {
        "label": "Visitors", "value": "120", "change": "+20%", "direction": "up", "better": "up",
    }


def test_an_agencys_member_sees_the_clients_assigned(agency: Any, client_of: ClientOf) -> None:
    rows = facts(client_of(agency.manager), agency.organization)["clients"]["rows"]

    assert [row["name"] for row in rows] == ["Client One"]


def test_many_clients_are_no_more_queries(
    agency: Any, client_of: ClientOf, traffic: Traffic, django_assert_max_num_queries: Any
) -> None:
    client = client_of(agency.owner)
    traffic(agency.clients[0], {NOW - 2 * HOUR: 120})
    page(client, agency.organization)
    cache.clear()
    with django_assert_max_num_queries(60) as few:
        page(client, agency.organization)
    for number in range(10):
        traffic(OrganizationFactory(name=f"Client {number}", slug=f"c{number}", agency=agency.organization),
                {NOW - 2 * HOUR: number})
    cache.clear()
    with django_assert_max_num_queries(len(few)):
        page(client, agency.organization)
