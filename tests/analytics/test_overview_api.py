"""Figures and events through the API, at the long addresses and at the short ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts.enums import Role
from apps.accounts.models import ApiKey, Organization, User
from apps.analytics.models import Event, Session, Site
from apps.core.tenancy import tenant
from tests.analytics.conftest import Sender
from tests.analytics.visited import NOW
from tests.factories.accounts import MembershipFactory
from tests.factories.analytics import SiteFactory

HERE = "/api/v1/organizations/bakery"
TODAY = {"range": "today", "compare": "none"}


def bearing(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def key(organization: Organization) -> APIClient:
    """A program of Alice's business that may read everything."""
    found = ApiKey(organization=organization, name="Reader", scopes=["read"])
    raw = found.generate()
    with tenant(organization.pk):
        found.save()
    return bearing(raw)


@pytest.fixture
def strange(core: Any, other_organization: Organization) -> Site:
    """Charlie's site, visited at the same time."""
    site = SiteFactory(organization=other_organization, domains=["garage.example"])
    Sender(core, site).view(NOW, "/secret")
    return site


def values(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.json()
    return {row["key"].removeprefix("analytics."): row["value"] for row in answer.json()["figures"]}


def test_the_figures_of_all_sites_and_of_one(visited: Site, strange: Site, client_of: Any, alice: User) -> None:
    empty = SiteFactory(organization=visited.organization, name="Zebra")

    whole = client_of(alice).get(f"{HERE}/overview/", TODAY)
    one = client_of(alice).get(f"{HERE}/sites/{visited.script_id}/overview/", TODAY)
    none = client_of(alice).get(f"{HERE}/sites/{empty.script_id}/overview/", TODAY)

    assert values(whole) == values(one)
    assert {name: values(one)[name] for name in ("visitors", "sessions", "pageviews", "revenue")} == {
        "visitors": 2, "sessions": 2, "pageviews": 4, "revenue": "20.0000",
    }
    assert values(none)["pageviews"] == 0
    assert [row["script_id"] for row in whole.json()["sites"]] == [visited.script_id, empty.script_id]
    assert (whole.json()["since"], whole.json()["until"]) == ("2026-11-18T23:00:00Z", "2026-11-19T23:00:00Z")


def test_a_site_under_filters(visited: Site, client_of: Any, alice: User) -> None:
    answer = client_of(alice).get(
        f"{HERE}/sites/{visited.script_id}/overview/", {**TODAY, "f": "device:is:mobile"}
    )

    assert values(answer)["pageviews"] == 1


def test_events_newest_first(visited: Site, strange: Site, client_of: Any, alice: User) -> None:
    answer = client_of(alice).get(f"{HERE}/events/").json()

    told = [(row["name"], row["path"], row["revenue"]) for row in answer["results"]]
    assert told[0] == ("purchase", "/shop", "20.0000")
    assert told[-1] == ("pageview", "/", None)
    assert len(told) == 5
    newest = answer["results"][0]
    assert newest["site"] == visited.script_id
    assert newest["visit"] | {"id": ""} == {
        "id": "", "country": "", "device": "mobile", "channel": "direct", "source": "",
    }
    with tenant(visited.organization_id):
        assert newest["visit"]["id"] == str(Session.objects.get(device="mobile").id)
        assert newest["id"] == str(Event.objects.get(name="purchase").id)
    assert "198.51.100.9" not in str(answer)


@pytest.mark.parametrize(("narrowed", "paths"), [
    ({"name": "purchase"}, ["/shop"]),
    ({"path": "/shop"}, ["/shop", "/shop", "/shop"]),
    ({"since": "2026-11-19T12:31:01Z", "before": "2026-11-19T12:33:00Z"}, ["/shop"]),
    ({"since": "2026-11-19T13:00:00Z"}, []),
    ({"site": "unknownunkno"}, []),
])
def test_events_narrowed(
    visited: Site, client_of: Any, alice: User, narrowed: dict[str, str], paths: list[str]
) -> None:
    answer = client_of(alice).get(f"{HERE}/events/", narrowed).json()

    assert [row["path"] for row in answer["results"]] == paths


def test_events_page_by_page(visited: Site, client_of: Any, alice: User) -> None:
    client, url, found = client_of(alice), f"{HERE}/events/?limit=2", []
    while url:
        page = client.get(url).json()
        found += [row["id"] for row in page["results"]]
        url = page["next"]

    with tenant(visited.organization_id):
        assert found == [str(pk) for pk in Event.objects.order_by("-time", "-id").values_list("id", flat=True)]


def test_an_unknown_parameter_is_named(visited: Site, client_of: Any, alice: User) -> None:
    answer = client_of(alice).get(f"{HERE}/events/", {"page": "/shop"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "page"


PAIRS = {
    "analytics/overview": "overview/",
    "analytics/sites": "sites/",
    "analytics/sites/{site}": "sites/{site}/overview/",
    "analytics/events": "events/",
    "analytics/companies": "companies/",
    "monitoring/pipeline": "monitoring/pipeline/",
    "monitoring/destinations": "monitoring/destinations/",
    "monitoring/errors": "monitoring/errors/",
}


@pytest.mark.parametrize(("brief", "whole"), PAIRS.items())
def test_a_short_address_answers_what_the_long_one_does(
    visited: Site, strange: Site, key: APIClient, alice: User, client_of: Any, brief: str, whole: str
) -> None:
    short, long = (part.format(site=visited.script_id) for part in (brief, whole))
    expected = client_of(alice).get(f"{HERE}/{long}")
    token = bearing(str(AccessToken.for_user(alice)))

    assert expected.status_code == 200
    for caller in (key, token):
        answer = caller.get(f"/api/{short}")
        assert (answer.status_code, answer.json()) == (200, expected.json())
    assert client_of(alice).get(f"/api/{short}").status_code == 401
    assert APIClient().get(f"/api/{short}").status_code == 401
    assert key.get(f"/api/analytics/sites/{strange.script_id}").status_code == 404


def test_whoever_is_in_two_organizations_is_sent_to_the_long_address(
    visited: Site, other_organization: Organization, alice: User
) -> None:
    MembershipFactory(organization=other_organization, user=alice, role=Role.VIEWER)

    answer = bearing(str(AccessToken.for_user(alice))).get("/api/analytics/overview")

    assert answer.status_code == 400
    assert "/api/v1/organizations/" in answer.json()["detail"]


def test_whoever_is_nowhere_learns_nothing(db: None, django_user_model: Callable[..., Any]) -> None:
    nobody = django_user_model.objects.create_user(email="new@example.com", password="x" * 12)

    assert bearing(str(AccessToken.for_user(nobody))).get("/api/analytics/overview").status_code == 404
