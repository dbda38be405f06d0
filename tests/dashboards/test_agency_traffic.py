"""An agency's day over all of its clients' sites; a stranger's site is never in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.access import membership_in, roles_in
from apps.accounts.enums import Role
from apps.accounts.models import Organization
from apps.analytics.contracts import SiteCreated
from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import Rollup, SiteFlow
from apps.core.outbox import publish
from apps.core.tenancy import tenant
from tests.dashboards.conftest import NOW, ClientOf, Traffic, facts, page
from tests.factories.accounts import MembershipFactory

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("_at_now")


def seen_from(organization: Organization, site: Any, country: str, visitors: int) -> None:
    day = NOW.astimezone(organization.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    with tenant(organization.id):
        Rollup.objects.create(
            site_id=site.id, dim=Dimension.COUNTRY, grain=StoreGrain.DAY, bucket=day, value=country,
            visitors=visitors, sessions=visitors, organization_id=organization.id,
        )


def here_now(organization: Organization, site: Any) -> None:
    with tenant(organization.id):
        Rollup.objects.create(
            site_id=site.id, dim=Dimension.LAST_SEEN, grain=StoreGrain.MINUTE, value="", visitors=1,
            bucket=NOW - timedelta(minutes=2), organization_id=organization.id,
        )


@pytest.fixture
def busy(agency: Any, traffic: Traffic, other_organization: Organization) -> dict[str, Any]:
    """Two clients in two zones with today's traffic, and a stranger with more than both."""
    one, two = agency.clients
    Organization.objects.filter(pk=two.pk).update(time_zone="America/New_York")
    two.refresh_from_db()
    found = {
        "one": traffic(one, {NOW - 2 * HOUR: 120, NOW - 26 * HOUR: 100}),
        "two": traffic(two, {NOW - HOUR: 40}),
        "stranger": traffic(other_organization, {NOW - HOUR: 999}),
    }
    for organization, key, country, visitors in (
        (one, "one", "DE", 90), (one, "one", "US", 30), (two, "two", "US", 40),
        (other_organization, "stranger", "FR", 9),
    ):
        seen_from(organization, found[key], country, visitors)
    here_now(one, found["one"])
    here_now(other_organization, found["stranger"])
    return found


def test_the_day_is_added_up_over_clients(agency: Any, client_of: ClientOf, busy: dict[str, Any]) -> None:
    told = facts(client_of(agency.owner), agency.organization)["traffic"]

    cards = {str(card["label"]): card for card in told["cards"]}
    assert {label: card["value"] for label, card in cards.items()} == {
        "Events": "320", "Visits": "160", "Page views": "320", "Conversions": "16", "Active sites": "1",
    }
    assert cards["Visits"]["change"] == "+60%"
    assert cards["Active sites"]["comparison"] == "of 2"


def test_the_best_sites_come_by_the_measure_asked_for(agency: Any, client_of: ClientOf, busy: dict[str, Any]) -> None:
    client = client_of(agency.owner)

    by_views = facts(client, agency.organization, "?top=pageviews")["traffic"]
    assert [(row["client"], row["value"], row["share"]) for row in by_views["top"]] == [
        ("Client One", "240", 100), ("Client Two", "80", 33),
    ]
    assert [str(row["label"]) for row in by_views["top_choices"] if row["active"]] == ["Page views"]
    unknown = facts(client, agency.organization, "?top=revenue%27")["traffic"]
    assert [row["value"] for row in unknown["top"]] == ["120", "40"]


def test_the_map_shows_all_countries_and_leads_to_one(agency: Any, client_of: ClientOf, busy: dict[str, Any]) -> None:
    world = facts(client_of(agency.owner), agency.organization, "?country=US")["traffic"]

    assert (world["map"]["regions"], world["map"]["series"][0]["values"]) == (["DE", "US"], [90, 70])
    assert world["map"]["hrefs"] == ["?country=DE", "?"]
    assert world["chip"] == {"value": "United States", "remove_href": "?"}
    # Under a filter figures are counted from the visits, which this traffic has without a country.
    assert [card["value"] for card in world["cards"][:2]] == ["0", "0"]
    assert facts(client_of(agency.owner), agency.organization, "?country=us%00")["traffic"]["chip"] is None


def test_what_is_not_narrowed_says_so(agency: Any, client_of: ClientOf, busy: dict[str, Any]) -> None:
    client = client_of(agency.owner)
    whole, narrowed = facts(client, agency.organization), facts(client, agency.organization, "?country=US")

    assert [row["value"] for row in narrowed["health"]] == [row["value"] for row in whole["health"]]
    assert narrowed["traffic"]["cards"][-1]["comparison"] == "of 2, from all countries"
    assert narrowed["traffic"]["cards"][0]["over"] == "Today, all clients, visitors from United States"
    shown = page(client, agency.organization, "?country=US")
    assert shown.count("All countries") == 4  # the rule, tracking, the map, the clients
    assert "belong to no country" in shown
    assert "Visitors from United States" in shown
    assert "whatever the country" in shown
    assert "All countries" not in page(client, agency.organization)


def test_a_member_sees_the_day_of_the_clients_assigned(agency: Any, client_of: ClientOf, busy: dict[str, Any]) -> None:
    told = facts(client_of(agency.manager), agency.organization)["traffic"]

    assert [card["value"] for card in told["cards"]] == ["240", "120", "240", "12", "1"]
    assert [row["client"] for row in told["top"]] == ["Client One"]


def test_the_state_of_tracking_is_that_of_the_clients(agency: Any, client_of: ClientOf, busy: dict[str, Any]) -> None:
    minute = NOW.replace(second=0, microsecond=0) - timedelta(minutes=3)
    for key, stored, failed in (("one", 98, 2), ("two", 100, 0), ("stranger", 0, 500)):
        site = busy[key]
        with tenant(site.organization_id):
            SiteFlow.objects.create(site=site, organization_id=site.organization_id, grain=StoreGrain.MINUTE,
                                    bucket=minute, stored=stored, failed=failed)

    rows = {str(row["label"]): row for row in facts(client_of(agency.owner), agency.organization)["health"]}

    assert (rows["Errors"]["value"], rows["Errors"]["tone"]) == ("1.0%", "bad")
    assert (rows["Waiting to be counted"]["value"], rows["Delivered to others"]["value"]) == ("0", "–")


def test_the_feed_tells_of_clients_and_not_of_strangers(
    agency: Any, client_of: ClientOf, busy: dict[str, Any], other_organization: Organization
) -> None:
    for organization, key in ((agency.clients[0], "one"), (agency.clients[1], "two"), (other_organization, "stranger")):
        with tenant(organization.id):
            publish(SiteCreated(organization_id=organization.id, site_id=busy[key].id, name=f"Site of {key}"))

    told = facts(client_of(agency.owner), agency.organization)["feed"]
    assert {row["whose"] for row in told if "Site of" in f"{row['text']} {row['meta']}"} == {"Client One", "Client Two"}
    of_manager = facts(client_of(agency.manager), agency.organization)["feed"]
    assert {row["whose"] for row in of_manager if "Site of" in f"{row['text']} {row['meta']}"} == {"Client One"}
    assert "Site of stranger" not in page(client_of(agency.owner), agency.organization)


def test_roles_found_for_all_are_those_found_one_by_one(agency: Any, alice: Any) -> None:
    MembershipFactory(organization=agency.clients[1], user=agency.manager, role=Role.CLIENT)
    for person in (agency.owner, agency.manager, alice):
        acting = {client.id: membership_in(person, client) for client in agency.clients}
        assert roles_in(person, agency.clients) == {key: found.role for key, found in acting.items() if found}


def test_who_sees_only_some_sites_of_a_client_sees_none_of_them_here(
    agency: Any, client_of: ClientOf, busy: dict[str, Any]
) -> None:
    MembershipFactory(organization=agency.clients[0], user=agency.manager, role=Role.CLIENT)

    assert "traffic" not in facts(client_of(agency.manager), agency.organization)
