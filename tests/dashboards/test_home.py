"""The home page: what it says, to whom, with much, little and nothing to show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.analytics.models import Site
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenant
from tests.dashboards.conftest import NOW, ClientOf, Traffic, facts, page, weeks
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.analytics import SiteFactory

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("_at_now")


def test_a_new_business_is_told_the_one_thing_to_do(
    organization: Organization, alice: User, client_of: ClientOf
) -> None:
    html = page(client_of(alice), organization)

    assert "Good afternoon, Alice" in html
    assert "Your day will be shown here" in html
    assert f"/o/{organization.slug}/traffic/new/" in html
    assert "First steps" in html
    assert html.count("btn is-primary") == 1
    assert "kpi-value" not in html


def test_a_day_above_the_usual_is_said_with_its_number(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, weeks(NOW - 2 * HOUR, 8, 100) | {NOW - 2 * HOUR: 150})

    seen = facts(client_of(alice), organization)

    assert seen["headline"] == "Visitors: 50% above a usual Thursday so far."
    assert seen["headline_tone"] == "good"
    assert seen["chart"]["insight"] == "150 so far; a usual Thursday has 100 by now."
    data = seen["chart"]["data"]
    assert (len(data["times"]), data["series"][0]["values"][12], data["series"][0]["comparison"][12]) == (24, 150, 100)
    assert data["series"][0]["values"][15] is None


def test_the_source_that_explains_the_difference_is_named(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, weeks(NOW - 2 * HOUR, 8, 80), source="Google")
    traffic(organization, weeks(NOW - 2 * HOUR, 8, 20), source="Instagram")
    traffic(organization, {NOW - 2 * HOUR: 90}, source="Google")
    traffic(organization, {NOW - 2 * HOUR: 60}, source="Instagram")

    headline = facts(client_of(alice), organization)["headline"]

    assert headline == "Visitors: 50% above a usual Thursday so far, mostly from Instagram."


def test_an_ordinary_day_is_called_ordinary(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    past = {NOW - 2 * HOUR - timedelta(weeks=week): 100 + (-1) ** week * 12 for week in range(1, 9)}
    traffic(organization, past | {NOW - 2 * HOUR: 115})

    assert facts(client_of(alice), organization)["headline"] == "An ordinary Thursday so far: nothing stands out."


def test_two_weeks_are_too_few_to_call_anything_usual(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, weeks(NOW - 2 * HOUR, 2, 100) | {NOW - 2 * HOUR: 500})

    seen = facts(client_of(alice), organization)

    assert seen["headline"] == "Three weeks of figures are needed to say what is usual on a Thursday."
    assert seen["chart"]["insight"] == ""


def test_a_handful_of_visitors_is_no_news(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, weeks(NOW - 2 * HOUR, 8, 4) | {NOW - 2 * HOUR: 9})

    seen = facts(client_of(alice), organization)
    assert seen["headline"] == "Little has usually happened by this time on a Thursday."


def test_what_comes_later_in_a_usual_day_does_not_count_yet(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, weeks(NOW - 2 * HOUR, 8, 100) | weeks(NOW + 3 * HOUR, 8, 400) | {NOW - 2 * HOUR: 60})

    assert facts(client_of(alice), organization)["headline"] == "Visitors: 40% below a usual Thursday so far."


def test_cards_hold_value_change_and_their_live_place(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, {NOW - 2 * HOUR: 120, NOW - 26 * HOUR: 100})

    cards = {card["key"]: card for card in facts(client_of(alice), organization)["cards"]}

    visitors, revenue = cards["analytics.visitors"], cards["analytics.revenue"]
    assert (visitors["value"], visitors["change"], visitors["comparison"]) == (
        "120", "+20%", "vs 100 yesterday by this time",
    )
    assert (revenue["value"], revenue["live"]) == ("€240", "home:analytics.revenue")
    assert visitors["href"] == f"/o/{organization.slug}/traffic/?range=today&compare=previous"


@pytest.mark.parametrize(
    ("query", "topic"),
    [("?range=28d", "home.28d"), ("?range=7d&compare=year", "home.7d.year"), ("?range=yesterday", ""),
     ("?range=custom&from=2026-11-01&to=2026-11-02", "")],
)
def test_only_periods_that_move_are_live(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic, query: str, topic: str
) -> None:
    traffic(organization, {NOW - 26 * HOUR: 100})

    card = facts(client_of(alice), organization, query)["cards"][0]

    assert card["live"] == (f"{topic}:{card['key']}" if topic else "")


def test_another_period_is_held_against_its_comparison(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, {NOW - timedelta(days=3): 300, NOW - timedelta(days=10): 100})

    seen = facts(client_of(alice), organization, "?range=7d")

    assert seen["headline"] == "Visitors: 200% more than the 7 days before."
    assert len(seen["chart"]["data"]["times"]) == 7


def test_a_period_that_cannot_be_read_becomes_today_and_is_said(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, {NOW - HOUR: 10})

    assert "There is no period called “soon”. Today is shown instead." in page(
        client_of(alice), organization, "?range=soon"
    )


def test_a_role_without_figures_sees_who_can_grant_them(organization: Organization, client_of: ClientOf) -> None:
    biller = UserFactory(name="Bill")
    MembershipFactory(organization=organization, user=biller, role=Role.BILLING)

    html = page(client_of(biller), organization)

    assert "Your role does not include figures" in html
    assert "An owner or admin" in html
    assert "ms-range" not in html


def test_what_is_largest_is_listed_and_leads_to_the_site_narrowed_to_it(
    organization: Organization, other_organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, {NOW - HOUR: 30}, channel="organic_search", page="/kettles")
    site = traffic(organization, {NOW - 2 * HOUR: 10}, channel="direct")
    traffic(other_organization, {NOW - HOUR: 500}, channel="email", page="/secret")

    channels, pages = facts(client_of(alice), organization)["rankings"]

    assert [(str(row["label"]), row["value"], row["share"]) for row in channels["rows"]] == [
        ("Organic search", "30", 100), ("Direct", "10", 100 / 3),
    ]
    assert channels["rows"][0]["href"] == (
        f"/o/{organization.slug}/traffic/{site.script_id}/?range=today&compare=previous&f=channel:is:organic_search"
    )
    assert [row["label"] for row in pages["rows"]] == ["/kettles"]


def test_lists_of_several_sites_lead_nowhere_and_empty_ones_are_left_out(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, {NOW - HOUR: 30}, channel="direct")
    with tenant(organization.id):
        SiteFactory(organization=organization)

    (channels,) = facts(client_of(alice), organization)["rankings"]
    part = page(client_of(alice), organization, "?part=rankings&range=today")

    assert [row["href"] for row in channels["rows"]] == [""]
    assert part.startswith("<div")
    assert "Direct" in part
    assert "<html" not in part


def test_who_may_see_assigned_sites_only_sees_no_others(
    organization: Organization, client_of: ClientOf, traffic: Traffic
) -> None:
    traffic(organization, {NOW - 2 * HOUR: 120})
    guest = UserFactory(name="Guest")
    MembershipFactory(organization=organization, user=guest, role=Role.CLIENT)

    cards = {card["key"]: card["value"] for card in facts(client_of(guest), organization)["cards"]}

    assert cards["analytics.visitors"] == "0"


def test_a_stranger_gets_404_and_the_signed_out_the_way_in(
    organization: Organization, charlie: User, client_of: ClientOf
) -> None:
    assert client_of(charlie).get(f"/o/{organization.slug}/").status_code == 404
    assert Client().get(f"/o/{organization.slug}/").status_code == 302


def test_what_needs_somebody_is_listed_for_who_can_do_it(
    organization: Organization, alice: User, bob: User, client_of: ClientOf, traffic: Traffic
) -> None:
    site = traffic(organization, {NOW - HOUR: 10})
    unseen = [need.text for need in facts(client_of(alice), organization)["needs"]]
    with tenant(organization.id):
        Site.objects.filter(pk=site.pk).update(detected_at=NOW, last_event_at=NOW - timedelta(days=3))
    silent = facts(client_of(alice), organization)["needs"]

    assert unseen == ["No visit of Shop has been seen yet"]
    assert [(need.text, need.tone) for need in silent] == [("Shop has fallen silent", "bad")]


def test_the_feed_tells_events_in_words_and_by_right(
    organization: Organization, alice: User, client_of: ClientOf
) -> None:
    viewer = UserFactory(name="Vera")
    MembershipFactory(organization=organization, user=viewer, role=Role.VIEWER)
    with tenant(organization.id):
        for name, payload in (("analytics.site_created", {"name": "Shop"}), ("accounts.member_joined", {}),
                              ("accounts.api_key_created", {})):
            OutboxEvent(organization_id=organization.id, name=name, aggregate="x", payload=payload,
                        created_at=timezone.now()).save()

    mine = [(str(item["text"]), item["meta"]) for item in facts(client_of(alice), organization)["feed"]]
    theirs = [str(item["text"]) for item in facts(client_of(viewer), organization)["feed"]]

    assert mine == [("Person joined", ""), ("Site added", "Shop")]
    assert theirs == ["Site added"]


def test_a_part_is_answered_alone(organization: Organization, alice: User, client_of: ClientOf) -> None:
    html = page(client_of(alice), organization, "?part=feed")

    assert html.startswith("<section")
    assert "<html" not in html


def test_more_rows_are_no_more_queries(
    organization: Organization, alice: User, client_of: ClientOf, traffic: Traffic, django_assert_max_num_queries: Any
) -> None:
    client = client_of(alice)
    traffic(organization, weeks(NOW - 2 * HOUR, 8, 100))
    page(client, organization)
    cache.clear()

    with django_assert_max_num_queries(62) as first:
        page(client, organization)
    traffic(organization, {NOW - timedelta(hours=hours): 5 for hours in range(200)})
    cache.clear()
    with django_assert_max_num_queries(len(first)):
        page(client, organization)
