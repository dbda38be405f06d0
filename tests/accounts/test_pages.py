"""Every page of the accounts floor opens, for those who may."""

from __future__ import annotations

import pytest

from apps.accounts.models import Organization, User
from tests.conftest import Agency
from tests.factories.accounts import ApiKeyFactory, InvitationFactory, MembershipFactory

SETTINGS = ["", "team/", "api-keys/", "security/", "audit/", "audit/csv/"]


@pytest.mark.parametrize("page", SETTINGS)
def test_the_owner_opens_every_settings_page(client_of, organization: Organization, alice: User, page: str) -> None:
    ApiKeyFactory(organization=organization)
    InvitationFactory(organization=organization)

    assert client_of(alice).get(f"/o/bakery/settings/{page}").status_code == 200


@pytest.mark.parametrize("page", SETTINGS)
def test_a_stranger_finds_no_settings_page(client_of, organization: Organization, charlie: User, page: str) -> None:
    assert client_of(charlie).get(f"/o/bakery/settings/{page}").status_code == 404


@pytest.mark.parametrize(
    ("page", "status"), [("", 200), ("team/", 200), ("api-keys/", 200), ("security/", 403), ("audit/", 403)]
)
def test_a_manager_opens_what_the_table_says(client_of, organization, bob: User, page: str, status: int) -> None:
    assert client_of(bob).get(f"/o/bakery/settings/{page}").status_code == status


def test_somebody_who_is_not_signed_in_is_sent_to_sign_in_and_back(client, organization: Organization) -> None:
    response = client.get("/o/bakery/settings/team/?x=1")

    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=%2Fo%2Fbakery%2Fsettings%2Fteam%2F%3Fx%3D1"


@pytest.mark.parametrize(
    "page",
    [
        "/account/", "/accounts/sessions/", "/accounts/email/", "/accounts/2fa/", "/accounts/3rdparty/",
        "/organizations/new/", "/organizations/new/place/?time_zone=Europe/Madrid", "/accounts/logout/",
    ],
)
def test_a_person_opens_every_page_of_their_account(client_of, alice: User, page: str) -> None:
    assert client_of(alice).get(page).status_code == 200


@pytest.mark.parametrize(
    "page", ["/", "/accounts/login/", "/accounts/signup/", "/accounts/login/code/", "/accounts/password/reset/"]
)
def test_anybody_opens_the_doors(client, db, page: str) -> None:
    assert client.get(page).status_code == 200


def test_one_member(client_of, organization: Organization, alice: User) -> None:
    member = MembershipFactory(organization=organization)

    assert client_of(alice).get(f"/o/bakery/settings/team/{member.pk}/").status_code == 200


def test_clients_pages(client_of, agency: Agency) -> None:
    browser = client_of(agency.owner)

    assert browser.get("/o/studio-north/clients/").status_code == 200
    assert browser.get("/o/studio-north/clients/new/").status_code == 200


def test_a_business_has_no_clients_page(client_of, organization: Organization, alice: User) -> None:
    assert client_of(alice).get("/o/bakery/clients/").status_code == 404


def test_signing_in_again_and_second_factor_pages(client, alice: User) -> None:
    client.post("/accounts/login/", {"login": "alice@example.com", "password": "tea-for-two-7"})

    for page in ["password/change/", "2fa/totp/activate/", "2fa/webauthn/add/", "2fa/webauthn/"]:
        response = client.get(f"/accounts/{page}")
        assert response.status_code in (200, 302), page
