"""Shared links: what they open, to whom, for how long, and in whose frames."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.accounts.models import AuditEntry, Organization, User
from apps.analytics.models import Segment, SharedLink, Site
from apps.analytics.services.sharing import embed_hosts_of, shared_link_create, shared_link_revoke
from apps.core.tenancy import tenant
from tests.analytics.visited import NOW, at, seen
from tests.factories.analytics import SiteFactory

TODAY = "?range=today"


def link_of(site: Site, **facts: Any) -> SharedLink:
    with tenant(site.organization_id):
        return shared_link_create(actor=None, site=site, **{"name": "Partner", **facts})


def page(link: SharedLink, rest: str = TODAY) -> str:
    return f"/shared/{link.token}/{rest}"


def shown(answer: Any) -> dict[str, str]:
    return {card["label"]: card["value"] for card in answer.context["cards"]}


def test_a_link_shows_what_the_owner_sees_without_ways_into_the_app(
    visited: Site, client_of: Callable[[User], Client], alice: User
) -> None:
    link = link_of(visited, shows_money=True)
    mine = seen(client_of(alice), at(visited, TODAY))

    answer = Client().get(page(link))

    assert shown(answer) == {card["label"]: card["value"] for card in mine["cards"]}
    assert shown(answer)["Visitors"] == "2"
    assert b"/o/bakery" not in answer.content
    assert b"Shared by" in answer.content
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert (answer["X-Frame-Options"], "frame-ancestors 'none'" in answer["Content-Security-Policy"]) == ("DENY", True)
    with tenant(visited.organization_id):
        assert SharedLink.objects.get().last_used_at == NOW


def test_revenue_is_shown_only_where_the_owner_says_so(visited: Site) -> None:
    link = link_of(visited)

    answer = Client().get(page(link, f"{TODAY}&show=revenue"))

    assert "Revenue" not in shown(answer)
    assert b"20.00" not in answer.content
    assert answer.context["chart_title"] == "Visitors"


def test_a_visitors_filters_narrow_and_never_widen(visited: Site) -> None:
    link = link_of(visited, filters=["device:is:mobile"])

    assert shown(Client().get(page(link)))["Visitors"] == "1"
    assert shown(Client().get(page(link, f"{TODAY}&f=device:is:desktop")))["Visitors"] == "0"
    assert shown(Client().get(page(link, f"{TODAY}&f=page:is:/shop")))["Visitors"] == "1"
    rows = Client().get(page(link)).context["panels"][1]["rows"]
    assert "device" not in rows[0]["href"]


def test_companies_and_segments_cannot_be_asked_for(visited: Site) -> None:
    link = link_of(visited)
    with tenant(visited.organization_id):
        segment = Segment.objects.create(site=visited, name="Phones", filters=["device:is:mobile"], is_shared=True)

    for query in ("&f=company:is:1", "&f=goal:is:1", f"&segment={segment.pk}"):
        assert shown(Client().get(page(link, TODAY + query)))["Visitors"] == "2", query


def test_without_filtering_no_row_is_a_link(visited: Site) -> None:
    link = link_of(visited, may_filter=False)

    answer = Client().get(page(link, f"{TODAY}&f=device:is:mobile"))

    assert shown(answer)["Visitors"] == "2"
    assert {row["href"] for panel in answer.context["panels"] for row in panel["rows"]} == {""}


def test_a_fixed_period_stays(visited: Site) -> None:
    link = link_of(visited, period="7d")

    answer = Client().get(page(link, "?range=custom&from=2020-01-01&to=2024-12-31"))

    assert (answer.context["range"].key, b"ms-range" in answer.content) == ("7d", False)


@pytest.mark.parametrize("end", ["unknown", "withdrawn", "expired", "deleted"])
def test_what_ended_is_not_there(visited: Site, time_machine: Any, end: str) -> None:
    link = link_of(visited, expires_at=NOW + timedelta(hours=1))
    address = page(link)
    assert Client().get(address).status_code == 200
    if end == "unknown":
        address = address.replace(link.token[:8], "AAAAAAAA")
    elif end == "withdrawn":
        with tenant(visited.organization_id):
            shared_link_revoke(actor=None, link=link)
    elif end == "expired":
        time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    else:
        Organization.objects.filter(pk=visited.organization_id).update(delete_after=NOW + timedelta(days=30))

    assert Client().get(address).status_code == 404


def test_a_password_is_asked_before_anything_is_shown(visited: Site, time_machine: Any) -> None:
    link = link_of(visited, password="rye-and-wheat")
    guest = Client()

    for headers in ({}, {"HX-Request": "true", "HX-Target": "panel-pages"}):
        answer = guest.get(page(link), headers=headers)
        assert (b"/shop" in answer.content, b'type="password"' in answer.content) == (False, True)
    assert guest.post(page(link), {"password": "rye-and-corn"}).status_code == 422
    opened = guest.post(page(link), {"password": "rye-and-wheat"})
    assert (opened.status_code, opened["Location"]) == (302, page(link))
    assert shown(guest.get(page(link)))["Visitors"] == "2"
    cookie = guest.cookies[f"shared_{link.pk}"]
    assert (cookie["httponly"], cookie["path"]) == (True, page(link, ""))

    other = link_of(visited, password="another-word", name="Other")
    guest.cookies[f"shared_{other.pk}"] = cookie.value
    assert "cards" not in guest.get(page(other)).context
    time_machine.move_to(NOW + timedelta(hours=13), tick=False)
    assert "cards" not in guest.get(page(link)).context


def test_passwords_cannot_be_tried_without_end(visited: Site) -> None:
    link = link_of(visited, password="rye-and-wheat")
    guest = Client(REMOTE_ADDR="203.0.113.99")

    codes = [guest.post(page(link), {"password": f"guess {n}"}).status_code for n in range(11)]

    assert codes == [422] * 10 + [429]
    assert guest.post(page(link), {"password": "rye-and-wheat"}).status_code == 429


def test_only_listed_hosts_may_frame_it(visited: Site) -> None:
    answer = Client().get(page(link_of(visited, embed_hosts=["https://www.bakery.example/page", "*.partner.example"])))

    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";") if " " in part)
    assert policy["frame-ancestors"] == "www.bakery.example *.partner.example"
    assert "X-Frame-Options" not in answer
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "host", ["*", "a.example; script-src *", "'self'", "a b", "javascript:alert", "*.", "a_b.example"]
)
def test_hosts_are_hosts(host: str) -> None:
    with pytest.raises(ValidationError):
        embed_hosts_of([host])


@pytest.mark.parametrize(("facts", "field"), [
    ({"name": " "}, "name"), ({"password": "short"}, "password"), ({"period": "century"}, "period"),
    ({"password": "long enough", "embed_hosts": ["a.example"]}, "embed_hosts"),
    ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
])
def test_what_makes_no_sense_is_refused(site: Site, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        link_of(site, **facts)

    assert list(refused.value.error_dict) == [field]


def test_an_owner_makes_and_withdraws_a_link(
    visited: Site, client_of: Callable[[User], Client], alice: User, organization: Organization
) -> None:
    browser = client_of(alice)
    typed = {"name": "Partner", "period": "28d", "may_filter": "on", "expires_on": "2026-12-01",
             "embed_hosts": "www.bakery.example\nblog.bakery.example"}
    assert browser.post(at(visited, "sharing/"), typed).status_code == 302

    with tenant(organization.pk):
        link = SharedLink.objects.get()
    assert link.expires_at == datetime(2026, 12, 1, 23, tzinfo=UTC)  # midnight in Berlin
    assert (link.embed_hosts, link.token in link.token_hash) == (["www.bakery.example", "blog.bakery.example"], False)
    text = browser.get(at(visited, "sharing/")).content.decode()
    assert re.search(rf"/shared/{link.token}/\?embed=1", text)
    assert browser.post(at(visited, f"sharing/{link.pk}/revoke/")).status_code == 302
    assert Client().get(page(link)).status_code == 404
    with tenant(organization.pk):
        actions = [entry.action for entry in AuditEntry.objects.filter(action__startswith="shared_link").order_by("id")]
    assert actions == ["shared_link.created", "shared_link.revoked"]


def test_links_through_the_api(
    visited: Site, client_of: Callable[[User], Client], alice: User, other_organization: Organization
) -> None:
    foreign = link_of(SiteFactory(organization=other_organization), name="Theirs")
    browser, url = client_of(alice), f"/api/v1/organizations/bakery/sites/{visited.script_id}/shared-links/"
    facts = {"name": "Partner", "filters": ["device:is:mobile"], "password": "rye-and-wheat"}

    made = browser.post(url, facts, content_type="application/json").json()

    assert (made["has_password"], "password" in made, made["filters"]) == (True, False, ["device:is:mobile"])
    assert [row["id"] for row in browser.get(url).json()["results"]] == [made["id"]]
    assert browser.post(url, {"name": "x", "filters": ["no"]}, content_type="application/json").status_code == 400
    assert browser.delete(f"{url}{foreign.pk}/").status_code == 404
    assert browser.delete(f"{url}{made['id']}/").status_code == 204
    assert browser.get(url).json()["results"][0]["revoked_at"] is not None
    assert Client().get("/" + made["url"].split("/", 3)[3]).status_code == 404


def test_the_figures_are_of_this_site_only(visited: Site, organization: Organization) -> None:
    other = SiteFactory(organization=organization, domains=["other.example"], detected_at=NOW)
    link = link_of(other)

    assert shown(Client().get(page(link)))["Visitors"] == "0"
