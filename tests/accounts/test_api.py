"""The accounts floor through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.enums import Role
from apps.accounts.models import ApiKey, AuditEntry, Invitation, Membership, Organization, User
from apps.core.tenancy import tenant
from tests.conftest import Agency
from tests.factories.accounts import PASSWORD, ApiKeyFactory, InvitationFactory, MembershipFactory

HERE = "/api/v1/organizations/bakery/"


@pytest.fixture
def call() -> Callable[..., APIClient]:
    """A caller: `call(alice)` in a browser, `call(key=…)` a program."""

    def caller(user: User | None = None, *, key: ApiKey | None = None) -> APIClient:
        client = APIClient()
        if user:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        if key:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {key.raw}")
        return client

    return caller


def test_me(call, alice: User) -> None:
    me = call(alice)

    assert me.patch("/api/v1/me/", {"language": "es"}).json()["language"] == "es"
    assert me.get("/api/v1/me/").json() == {
        "id": alice.pk, "email": "alice@example.com", "name": "Alice", "language": "es", "theme": "",
    }
    assert me.patch("/api/v1/me/", {"language": "tlh"}).status_code == 400
    assert call().get("/api/v1/me/").status_code == 401


def test_an_organizations_key_is_nobody_and_no_key_sees_devices(call, alice: User, organization: Organization) -> None:
    assert call(key=ApiKeyFactory(organization=organization)).get("/api/v1/me/").status_code == 403
    own = ApiKeyFactory(organization=organization, user=alice)
    assert call(key=own).get("/api/v1/me/").json()["name"] == "Alice"
    assert call(key=own).get("/api/v1/me/sessions/").status_code == 403


def test_devices(call, alice: User, charlie: User) -> None:
    elsewhere, theirs = Client(), Client()
    elsewhere.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    theirs.post("/accounts/login/", {"login": charlie.email, "password": PASSWORD})
    me = call(alice)

    found = me.get("/api/v1/me/sessions/").json()
    assert [row["network"] for row in found if not row["is_current"]] == ["127.0.0.…"]
    assert me.delete(f"/api/v1/me/sessions/{found[-1]['id']}/").status_code == 204
    assert elsewhere.get("/account/").status_code == 302
    foreign = UserSession.objects.get(user=charlie).pk
    assert me.delete(f"/api/v1/me/sessions/{foreign}/").status_code == 404


def test_organizations(call, alice: User, organization: Organization, agency: Agency) -> None:
    assert [row["slug"] for row in call(alice).get("/api/v1/organizations/").json()] == ["bakery"]
    assert [row["slug"] for row in call(agency.manager).get("/api/v1/organizations/").json()] == [
        "client-one", "studio-north",
    ]
    key = ApiKeyFactory(organization=agency.clients[1], user=agency.owner)
    assert [row["slug"] for row in call(key=key).get("/api/v1/organizations/").json()] == ["client-two"]


def test_make_an_organization(call, charlie: User, other_organization: Organization) -> None:
    response = call(charlie).post(
        "/api/v1/organizations/", {"name": "Second", "time_zone": "Europe/Rome", "currency": "EUR", "country": "IT"}
    )

    assert response.status_code == 201
    assert response.json()["slug"] == "second"
    with tenant(response.json()["id"]):
        assert Membership.objects.get().role == Role.OWNER
    key = ApiKeyFactory(organization=other_organization, user=charlie, scopes=["admin"])
    assert call(key=key).post("/api/v1/organizations/", {"name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"time_zone": "Berlin"}, "time_zone"), ({"currency": "ZZZ"}, "currency"), ({"slug": "garage"}, "slug"),
     ({"country": "QQ"}, "country"), ({"industry": "piracy"}, "industry")],
)
def test_nonsense_is_named(call, alice, organization, other_organization, sent: dict[str, str], field: str) -> None:
    response = call(alice).patch(HERE, sent)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_change_by_key_is_written_down_as_the_keys(call, organization: Organization) -> None:
    key = ApiKeyFactory(organization=organization, name="Robot", scopes=["write"])

    changed = call(key=key).patch(HERE, {"name": "Bread Inc", "require_second_factor": True}).json()

    assert (changed["name"], changed["require_second_factor"]) == ("Bread Inc", False)
    with tenant(organization.pk):
        assert AuditEntry.objects.get().actor_name.startswith("Robot (msk_")
    assert call(key=key).get(f"{HERE}members/").status_code == 403
    assert call(key=key).post(f"{HERE}api-keys/", {"name": "x", "scopes": ["read"]}).status_code == 403


def test_members(call, alice: User, bob: User, charlie: User, organization, membership_of) -> None:
    owner = call(alice)
    member = membership_of(bob, organization)

    rows = owner.get(f"{HERE}members/?role=manager").json()["results"]
    assert [(row["email"], row["role"], row["has_second_factor"]) for row in rows] == [
        ("bob@example.com", "manager", False)
    ]
    changed = owner.patch(f"{HERE}members/{member.pk}/", {"role": "admin", "is_active": False}).json()
    assert (changed["role"], changed["is_active"]) == ("admin", False)
    assert call(charlie).get(f"{HERE}members/").status_code == 404


def test_the_last_owner_stays_through_this_door_too(call, alice: User, organization, membership_of) -> None:
    own = membership_of(alice, organization)

    for sent in ({"role": "viewer"}, {"is_active": False}, {"role": "owner", "is_active": False}):
        response = call(alice).patch(f"{HERE}members/{own.pk}/", sent)
        assert response.status_code == 400
        assert "last owner" in str(response.json())
    assert membership_of(alice, organization).is_active


def test_an_admins_key_cannot_make_owners(call, alice: User, organization: Organization, membership_of) -> None:
    key = ApiKeyFactory(organization=organization, scopes=["admin"])
    member = MembershipFactory(organization=organization)

    assert call(key=key).patch(f"{HERE}members/{member.pk}/", {"role": "owner"}).status_code == 400
    invited = call(key=key).post(f"{HERE}invitations/", {"email": "x@example.com", "role": "owner"})
    assert invited.status_code == 400


def test_assignments(call, alice: User, bob: User, organization, membership_of, keys_assignable) -> None:
    target = ApiKeyFactory(organization=organization)
    url = f"{HERE}members/{membership_of(bob, organization).pk}/"

    assert call(alice).patch(url, {"objects": [f"key:{target.pk}"]}).json()["objects"] == [f"key:{target.pk}"]
    assert call(alice).patch(url, {"role": "viewer"}).json()["objects"] == [f"key:{target.pk}"]
    assert call(bob).patch(url, {"role": "owner"}).status_code == 403


def test_invitations(call, alice: User, organization: Organization, other_organization: Organization) -> None:
    owner = call(alice)
    made = owner.post(f"{HERE}invitations/", {"email": "zoe@example.com", "role": "viewer"})
    body = made.json()

    assert (made.status_code, body["state"], body["email"]) == (201, "open", "zoe@example.com")
    with tenant(organization.pk):
        token = Invitation.objects.get().token
    assert token not in str(body)
    assert owner.post(f"{HERE}invitations/{body['id']}/resend/").status_code == 200
    assert owner.delete(f"{HERE}invitations/{body['id']}/").status_code == 204
    assert owner.get(f"{HERE}invitations/{body['id']}/").json()["state"] == "revoked"
    foreign = InvitationFactory(organization=other_organization)
    assert owner.delete(f"{HERE}invitations/{foreign.pk}/").status_code == 404


def test_keys(call, alice: User, bob: User, organization: Organization) -> None:
    owner = call(alice)
    made = owner.post(f"{HERE}api-keys/", {"name": "Shop", "scopes": ["read"]})

    assert made.status_code == 201
    assert ApiKey.authenticate(made.json()["key"]).pk == made.json()["id"]
    assert "key" not in owner.get(f"{HERE}api-keys/{made.json()['id']}/").json()
    assert call(bob).get(f"{HERE}api-keys/").json()["results"] == []
    assert call(bob).delete(f"{HERE}api-keys/{made.json()['id']}/").status_code == 404
    own = call(bob).post(f"{HERE}api-keys/", {"name": "Mine", "scopes": ["read"]}).json()
    assert own["personal"]
    assert call(bob).post(f"{HERE}api-keys/", {"name": "No", "scopes": ["admin"]}).status_code == 403
    assert owner.delete(f"{HERE}api-keys/{made.json()['id']}/").status_code == 204
    assert ApiKey.authenticate(made.json()["key"]) is None


def test_the_audit_log(call, alice: User, bob: User, organization: Organization) -> None:
    call(alice).patch(HERE, {"name": "Bread Inc"})

    row = call(alice).get(f"{HERE}audit/?action=organization.changed").json()["results"][0]
    assert (row["label"], row["before"], row["after"]) == (
        "Changed settings", {"name": "Alice's Bakery"}, {"name": "Bread Inc"},
    )
    assert call(alice).delete(f"{HERE}audit/{row['id']}/").status_code == 405
    assert call(bob).get(f"{HERE}audit/").status_code == 403


def test_clients(call, agency: Agency, alice: User) -> None:
    url = "/api/v1/organizations/studio-north/clients/"

    assert [row["slug"] for row in call(agency.manager).get(url).json()] == ["client-one"]
    assert call(agency.manager).post(url, {"name": "x"}).status_code == 403
    made = call(agency.owner).post(
        url, {"name": "Third", "time_zone": "Europe/Rome", "currency": "EUR", "owner_email": "o@example.com"}
    )
    assert (made.status_code, made.json()["agency"]) == (201, "studio-north")
    assert call(alice).get(f"{HERE}clients/").status_code == 404


def test_a_second_factor_is_asked_for_here_too(call, alice: User, organization: Organization) -> None:
    Organization.objects.update(require_second_factor=True)
    token: Any = APIClient().post("/api/v1/auth/login/", {"email": alice.email, "password": PASSWORD}).json()
    bearer = APIClient()
    bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {token['access']}")

    for caller in (call(alice), bearer):
        response = caller.get(HERE)
        assert response.status_code == 403
        assert response.json()["type"] == "urn:mainstay:problem:second-factor-required"
    assert call(key=ApiKeyFactory(organization=organization)).get(HERE).status_code == 200
