"""The pages of web traffic: what they show, to whom, under which filters, and never of another tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.analytics.models import Site
from apps.analytics.views import breakdown as breakdown_views
from apps.core.tenancy import tenant
from apps.metrics.contracts import QueryTooSlow
from tests.analytics.conftest import MINUTE, SECOND, Sender
from tests.analytics.visited import NOW, at, seen
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.analytics import SiteFactory

ClientOf = Callable[[User], Client]


def labels(panel: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(row["label"]), row["value"]) for row in panel["rows"]]


def test_the_site_page_says_who_came_from_where_and_did_what(
    visited: Site, alice: User, client_of: ClientOf
) -> None:
    facts = seen(client_of(alice), at(visited, "?range=today"))

    cards = {card["key"].partition(".")[2]: card["value"] for card in facts["cards"]}
    assert (cards["visitors"], cards["pageviews"], cards["conversions"], cards["revenue"]) == ("2", "4", "1", "€20.00")
    sources, pages, *_rest = facts["panels"]
    assert labels(sources) == [("Direct", "1"), ("Organic search", "1")]
    assert labels(pages)[0] == ("/shop", "2")
    assert facts["heat_insight"] == "Busiest: Thursday, 13:00 to 14:00."
    assert facts["speed"]["state"] == "empty"


def test_a_filter_narrows_everything_and_can_be_taken_away(visited: Site, alice: User, client_of: ClientOf) -> None:
    facts = seen(client_of(alice), at(visited, "?range=today&f=device:is:mobile"))

    assert facts["cards"][0]["value"] == "1"
    assert [(str(chip.label), str(chip.operator), str(chip.value)) for chip in facts["chips"]] == [
        ("Device", "is", "Phone"),
    ]
    assert "f=" not in facts["chips"][0].remove_href
    assert labels(facts["panels"][1]) == [("/shop", "1")]


@pytest.mark.parametrize("bad", ["nonsense", "country:is", "weather:is:rain", "country:like:DE", "page:is:%00", "::"])
def test_a_filter_that_cannot_be_read_is_named_and_the_others_hold(
    visited: Site, alice: User, client_of: ClientOf, bad: str
) -> None:
    client = client_of(alice)
    for page in ("", "by/page/"):
        answer = client.get(at(visited, f"{page}?range=today&f={bad}&f=device:is:mobile"))
        html = answer.content.decode()

        assert answer.status_code == 200
        assert "cannot be read and was left out" in html
        assert len(answer.context["chips"]) == 1


def test_a_tab_asks_for_its_panel_alone(visited: Site, alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice).get(
        at(visited, "?range=today&pages=exit_page"), headers={"HX-Request": "true", "HX-Target": "section#panel-pages"}
    )
    html = answer.content.decode()

    assert html.count("<section") == 1
    assert 'id="panel-pages"' in html
    assert "<html" not in html
    assert ("/shop", "1") in labels(answer.context["panel"])


def test_a_site_that_was_never_seen_says_what_to_do(
    site: Site, alice: User, client_of: ClientOf
) -> None:
    answer = client_of(alice).get(at(site))

    assert answer.context["state"] == "empty"
    assert at(site, "install/") in answer.content.decode()


def test_filters_that_take_too_long_are_an_answer_not_a_fault(
    visited: Site, alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: Any, **kwargs: Any) -> None:
        raise QueryTooSlow("too slow")

    monkeypatch.setattr(breakdown_views.read, "breakdown", slow)
    client = client_of(alice)

    assert client.get(at(visited, "by/page/?f=device:is:mobile")).context["state"] == "error"
    assert client.get(at(visited, "by/page.csv?f=device:is:mobile")).status_code == 503


@pytest.mark.parametrize(("by", "columns"), [
    ("page", ["Page", "Visitors", "Visits", "Page views", "Attention"]),
    ("entry_page", ["Entry page", "Visitors", "Visits", "Bounce rate"]),
    ("conversion_page", ["Conversion page", "Conversions", "Visitors", "Orders", "Revenue"]),
    ("source", ["Source", "Visitors", "Visits", "Page views", "Bounce rate", "Conversions", "Revenue"]),
])
def test_a_breakdown_shows_only_what_is_counted_for_it(
    visited: Site, alice: User, client_of: ClientOf, by: str, columns: list[str]
) -> None:
    facts = seen(client_of(alice), at(visited, f"by/{by}/?range=today"))

    assert [str(column["label"]) for column in facts["columns"]] == columns


def test_a_breakdown_is_sorted_as_asked_and_unknown_ones_are_not_found(
    visited: Site, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    facts = seen(client, at(visited, "by/channel/?range=today&sort=pageviews"))

    assert facts["columns"][1]["sorted"] == "desc"
    assert [(str(row["cells"][0]["text"]), row["cells"][1]["text"]) for row in facts["rows"]] == [
        ("Organic search", "3"), ("Direct", "1"),
    ]
    assert client.get(at(visited, "by/weather/")).status_code == 404
    assert seen(client, at(visited, "by/page/?offset=99999999999&range=today"))["state"] == "empty"


def test_no_cell_of_a_csv_is_a_formula(visited: Site, alice: User, client_of: ClientOf, sender: Sender) -> None:
    sender.view(NOW - 20 * MINUTE, "/?utm_source=%3Dcmd()&utm_medium=x", ip="192.0.2.44")
    answer = client_of(alice).get(at(visited, "by/source.csv?range=today"))
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert answer["Content-Disposition"].startswith(f'attachment; filename="{visited.script_id}-source-2026-11-19')
    assert lines[0].startswith("Source,Visitors")
    assert all(line[:1] not in "=+-@" for line in lines[1:] if line)
    assert any(line.startswith("'=cmd()") for line in lines)


def test_the_figures_of_the_chart_can_be_taken_away(visited: Site, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    href = seen(client, at(visited, "?range=7d&show=pageviews&f=device:is:mobile"))["csv_href"]
    answer = client.get(href)

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode("utf-8-sig").splitlines()[-1].startswith("2026-11-19,1")


PAGES = ("", "by/page/", "by/page.csv", "install/", "settings/")


@pytest.mark.parametrize("rest", PAGES)
def test_a_stranger_finds_nothing(visited: Site, charlie: User, client_of: ClientOf, rest: str) -> None:
    client = client_of(charlie)

    assert client.get(at(visited, rest)).status_code == 404
    assert client.get(f"/o/garage/traffic/{visited.script_id}/{rest}").status_code == 404


def test_a_list_holds_only_the_tenants_own_sites(
    visited: Site, other_organization: Organization, alice: User, charlie: User, client_of: ClientOf
) -> None:
    SiteFactory(organization=other_organization, name="Garage door")

    rows = seen(client_of(alice), "/o/bakery/traffic/?q=")["rows"]
    assert [row["cells"][0]["text"] for row in rows] == [visited.name]
    assert [row["cells"][0]["text"] for row in seen(client_of(charlie), "/o/garage/traffic/?q=")["rows"]] == [
        "Garage door",
    ]


@pytest.mark.parametrize(("role", "answers"), [
    (Role.ADMIN, (200, 200, 200, 200, 200)),
    (Role.VIEWER, (200, 200, 200, 403, 403)),
    (Role.CLIENT, (403, 403, 403, 403, 403)),
    (Role.BILLING, (403, 403, 403, 403, 403)),
])
def test_each_role_opens_what_it_may(
    visited: Site, organization: Organization, client_of: ClientOf, role: Role, answers: tuple[int, ...]
) -> None:
    person = UserFactory()
    MembershipFactory(organization=organization, user=person, role=role)
    client = client_of(person)

    assert tuple(client.get(at(visited, rest)).status_code for rest in PAGES) == answers


def test_a_new_site_leads_to_its_code(organization: Organization, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    answer = client.post("/o/bakery/traffic/new/", {"name": "Shop", "address": "https://www.shop.example/start"})

    with tenant(organization.id):
        site = Site.objects.get()
    assert answer["Location"] == at(site, "install/")
    assert "shop.example" in site.domains[0]
    assert f"/t/{site.script_id}.js" in client.get(answer["Location"]).content.decode()
    assert client.post("/o/bakery/traffic/new/", {"name": "", "address": "not an address"}).status_code == 422


def test_a_site_is_deleted_only_with_its_name_typed(visited: Site, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)

    client.post(at(visited, "delete/"), {"confirmation": "something else"})
    with tenant(visited.organization_id):
        assert Site.objects.filter(pk=visited.pk).exists()

    answer = client.post(at(visited, "delete/"), {"confirmation": visited.name})
    assert answer["Location"] == "/o/bakery/traffic/"
    with tenant(visited.organization_id):
        assert not Site.objects.filter(pk=visited.pk).exists()
    assert client.get(at(visited)).status_code == 404


def test_pausing_is_said_and_can_be_taken_back(visited: Site, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    for deed, status in (("pause", "paused"), ("resume", "active"), ("archive", "archived")):
        assert client.post(at(visited, "do/"), {"do": deed}).status_code == 302
        with tenant(visited.organization_id):
            assert Site.objects.get(pk=visited.pk).status == status
    assert client.post(at(visited, "do/"), {"do": "explode"}).status_code == 400


def test_many_sites_are_no_more_queries(
    organization: Organization, alice: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(alice)
    for _number in range(2):
        SiteFactory(organization=organization)
    client.get("/o/bakery/traffic/")
    cache.clear()
    with django_assert_max_num_queries(40) as few:
        assert len(seen(client, "/o/bakery/traffic/")["rows"]) == 2
    for _number in range(20):
        SiteFactory(organization=organization)
    cache.clear()
    with django_assert_max_num_queries(len(few)):
        assert len(seen(client, "/o/bakery/traffic/")["rows"]) == 22


def test_more_pages_are_no_more_queries(
    visited: Site, sender: Sender, alice: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(alice)
    for address in (at(visited, "?range=today"), at(visited, "by/page/?range=today")):
        client.get(address)
        cache.clear()
        with django_assert_max_num_queries(60) as few:
            client.get(address)
        for number in range(15):
            sender.view(NOW - 10 * MINUTE + number * SECOND, f"/new/{number}", ip=f"192.0.2.{number}")
        cache.clear()
        with django_assert_max_num_queries(len(few)):
            client.get(address)
