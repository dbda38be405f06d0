"""The page of API keys."""

from __future__ import annotations

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import ApiKey, AuditEntry, Organization, User
from apps.core.tenancy import tenant
from tests.factories.accounts import ApiKeyFactory

NEW = {"name": "Shop", "scopes": ["read", "track"], "lifetime": "90"}


def test_the_secret_is_shown_once(client_of, alice: User, organization: Organization) -> None:
    browser = client_of(alice)

    response = browser.post("/o/bakery/settings/api-keys/", NEW)

    assert response.status_code == 201
    assert "no-store" in response.headers["Cache-Control"]
    raw = re.search(r"msk_[a-z0-9]{10}_[\w-]{43}", response.content.decode())
    assert raw
    key = ApiKey.authenticate(raw[0])
    assert (key.name, key.scopes, key.user, key.organization) == ("Shop", ["read", "track"], None, organization)
    assert raw[0] not in browser.get("/o/bakery/settings/api-keys/").content.decode()
    with tenant(organization.id):
        assert raw[0].rsplit("_", 1)[1] not in str(list(AuditEntry.objects.values("after", "object_name")))


def test_revoking_ends_it(client_of, alice: User, organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization)

    client_of(alice).post(f"/o/bakery/settings/api-keys/{key.pk}/revoke/")

    assert ApiKey.authenticate(key.raw) is None


def test_members_see_and_make_only_their_own(client_of, bob: User, alice: User, organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization, name="Company secret")
    browser = client_of(bob)

    assert "Company secret" not in browser.get("/o/bakery/settings/api-keys/").content.decode()
    assert browser.post(f"/o/bakery/settings/api-keys/{key.pk}/revoke/").status_code == 404
    browser.post("/o/bakery/settings/api-keys/", {**NEW, "personal": ""})
    with tenant(organization.id):
        assert ApiKey.objects.get(name="Shop").user == bob


def test_members_cannot_ask_for_the_admin_scope(client_of, bob: User, organization: Organization) -> None:
    response = client_of(bob).post("/o/bakery/settings/api-keys/", {**NEW, "scopes": ["admin"]})

    assert response.status_code == 422


def test_another_organizations_key_is_not_there(client_of, alice: User, other_organization: Organization) -> None:
    key = ApiKeyFactory(organization=other_organization)

    assert client_of(alice).post(f"/o/bakery/settings/api-keys/{key.pk}/revoke/").status_code == 404
    assert ApiKey.authenticate(key.raw) == key


def test_the_list_costs_the_same_for_many(client_of, alice, organization, django_assert_num_queries) -> None:
    browser = client_of(alice)
    ApiKeyFactory(organization=organization)
    browser.get("/o/bakery/settings/api-keys/")
    with CaptureQueriesContext(connection) as one:
        browser.get("/o/bakery/settings/api-keys/")
    for _ in range(20):
        ApiKeyFactory(organization=organization, user=alice, created_by=alice)

    with django_assert_num_queries(len(one)):
        browser.get("/o/bakery/settings/api-keys/")
