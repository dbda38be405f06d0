"""Sites through the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import AuditEntry, Organization, User
from apps.analytics.models import Inbox, Site
from apps.core.tenancy import tenant
from tests.factories.analytics import SiteFactory

Caller = Callable[..., APIClient]
SITES = "/api/v1/organizations/bakery/sites/"


@pytest.fixture
def site(organization: Organization) -> Site:
    return SiteFactory(organization=organization, name="Shop", domains=["shop.example"])


def test_add(api: Caller, alice: User, organization: Organization) -> None:
    response = api(alice).post(
        SITES, {"name": "Shop", "domains": ["https://www.Shop.example/x"], "settings": {"scroll": False}}
    )
    body = response.json()

    assert response.status_code == 201
    assert len(body["script_id"]) == 12
    assert body["status"] == "active"
    assert body["settings"]["scroll"] is False
    assert body["settings"]["vitals"] is True
    assert body["snippet"].endswith(f'/t/{body["script_id"]}.js"></script>')
    with tenant(organization.pk):
        assert Site.objects.get().name == "Shop"
        assert AuditEntry.objects.get(action="site.created").actor_id == alice.pk


def test_add_by_key_is_audited_as_the_key(
    api: Caller, make_key: Callable[..., str], organization: Organization
) -> None:
    key = make_key(organization, "write")

    assert api(key=key).post(SITES, {"name": "Shop", "domains": ["shop.example"]}).status_code == 201
    with tenant(organization.pk):
        entry = AuditEntry.objects.get(action="site.created")
        assert entry.actor_id is None
        assert entry.actor_name.startswith("Test (msk_")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"domains": ["shop.example"]}, "name"),
        ({"name": "Shop"}, "domains"),
        ({"name": "Shop", "domains": ["not a domain"]}, "domains.0"),
        ({"name": "Shop", "domains": ["a.example"], "settings": {"consent": "never"}}, "settings.consent"),
    ],
)
def test_errors_name_the_field(api: Caller, alice: User, sent: dict[str, object], field: str) -> None:
    response = api(alice).post(SITES, sent)

    assert response.status_code == 400
    assert [item["field"].removesuffix(".0") for item in response.json()["errors"]] == [field.removesuffix(".0")]


def test_change_keeps_what_is_not_sent(api: Caller, alice: User, site: Site) -> None:
    url = f"{SITES}{site.script_id}/"
    api(alice).patch(url, {"settings": {"scroll": False}})

    body = api(alice).patch(url, {"settings": {"test": True}, "status": "paused"}).json()

    assert body["settings"]["scroll"] is False
    assert body["settings"]["test"] is True
    assert body["status"] == "paused"
    assert body["domains"] == ["shop.example"]
    assert api(alice).get(url).json() == body


def test_put_is_not_offered(api: Caller, alice: User, site: Site) -> None:
    assert api(alice).put(f"{SITES}{site.script_id}/", {}).status_code == 405


def test_delete(api: Caller, alice: User, bob: User, site: Site) -> None:
    url = f"{SITES}{site.script_id}/"

    assert api(bob).delete(url).status_code == 403
    assert api(alice).delete(url).status_code == 204
    assert api(alice).get(url).status_code == 404


def test_list_filters(api: Caller, alice: User, organization: Organization, site: Site) -> None:
    SiteFactory(organization=organization, name="Blog", status="paused")

    assert [row["name"] for row in api(alice).get(SITES).json()["results"]] == ["Blog", "Shop"]
    assert [row["name"] for row in api(alice).get(f"{SITES}?status=paused").json()["results"]] == ["Blog"]
    assert [row["name"] for row in api(alice).get(f"{SITES}?name=sho").json()["results"]] == ["Shop"]
    assert api(alice).get(f"{SITES}?status=green").status_code == 400


def test_state(api: Caller, alice: User, site: Site) -> None:
    body = api(alice).get(f"{SITES}{site.script_id}/state/").json()

    assert body["state"] == "waiting"
    assert body["detected_at"] is None


def test_pipeline(api: Caller, alice: User) -> None:
    from datetime import timedelta

    from django.utils import timezone

    url = "/api/v1/organizations/bakery/pipeline/"
    assert api(alice).get(url).json() == {"ok": True, "words": "Up to date.", "delay_seconds": 0.0}

    Inbox.objects.create(received_at=timezone.now() - timedelta(minutes=2), site_id=1, body=b"[]")
    body = api(alice).get(url).json()

    assert body["ok"] is False
    assert 119 < body["delay_seconds"] < 130
