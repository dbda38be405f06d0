"""What an organization asks of sessions: a second factor of its admins, an end after idling, its own sign-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from apps.accounts import adapters
from apps.accounts.containment import SSO_KEY
from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Membership, Organization, SingleSignOn, User
from apps.core.http import Fetched
from apps.core.tenancy import every_tenant, tenant
from tests.conftest import Agency
from tests.factories.accounts import InvitationFactory, MembershipFactory

ISSUER = "https://login.example.com"


def _require(organization: Organization, **rules: Any) -> None:
    Organization.objects.filter(pk=organization.pk).update(**rules)


def test_admins_must_set_up_a_second_factor_before_anything_opens(client_of, alice, bob, organization) -> None:
    _require(organization, require_second_factor=True)
    browser = client_of(alice)

    for page in ["", "team/", "audit/"]:
        assert browser.get(f"/o/bakery/settings/{page}").url == f"/account/second-factor/{organization.pk}/"
    assert browser.get("/api/v1/organizations/bakery/").status_code == 403
    page = browser.get(f"/account/second-factor/{organization.pk}/").content.decode()
    assert "Alice&#x27;s Bakery asks its owners" in page
    assert "Send the mail again" in page
    alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)
    assert "Use an authenticator app" in browser.get(f"/account/second-factor/{organization.pk}/").content.decode()
    assert browser.get("/accounts/2fa/totp/activate/").status_code in (200, 302)
    assert client_of(bob).get("/o/bakery/settings/").status_code == 200

    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    assert browser.get("/o/bakery/settings/").status_code == 200
    assert browser.get(f"/account/second-factor/{organization.pk}/").url == "/"


def test_the_rule_holds_for_agency_people_too(client_of, agency: Agency) -> None:
    _require(agency.clients[0], require_second_factor=True)

    response = client_of(agency.owner).get("/o/client-one/settings/")

    assert response.url == f"/account/second-factor/{agency.clients[0].pk}/"
    assert client_of(agency.owner).get("/o/client-two/settings/").status_code == 200


def test_htmx_is_sent_there_as_a_whole_page(client_of, alice: User, organization: Organization) -> None:
    _require(organization, require_second_factor=True)

    response = client_of(alice).get("/o/bakery/settings/", headers={"HX-Request": "true"})

    assert response.status_code == 204
    assert response.headers["HX-Redirect"] == f"/account/second-factor/{organization.pk}/"


def test_an_idle_session_ends(client_of, alice: User, organization: Organization) -> None:
    _require(organization, idle_timeout_minutes=15)
    browser = client_of(alice)
    start = timezone.now()

    with time_machine.travel(start, tick=False) as clock:
        assert browser.get("/o/bakery/settings/").status_code == 200
        clock.shift(timedelta(minutes=14))
        assert browser.get("/o/bakery/settings/").status_code == 200
        clock.shift(timedelta(minutes=16))
        response = browser.get("/o/bakery/settings/team/")
        assert response.url == "/accounts/login/?next=%2Fo%2Fbakery%2Fsettings%2Fteam%2F"
        assert "_auth_user_id" not in browser.session


def test_a_session_that_idled_elsewhere_is_ended_at_the_stricter_door(
    client_of, alice, organization, other_organization
) -> None:
    _require(organization, idle_timeout_minutes=15)
    MembershipFactory(organization=other_organization, user=alice)
    browser = client_of(alice)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.get("/o/garage/settings/")
        clock.shift(timedelta(hours=2))
        assert browser.get("/o/garage/settings/").status_code == 200
        clock.shift(timedelta(hours=2))
        assert browser.get("/o/bakery/settings/").url.startswith("/accounts/login/")


def test_without_a_limit_nothing_ends(client_of, alice: User, organization: Organization) -> None:
    browser = client_of(alice)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.get("/o/bakery/settings/")
        clock.shift(timedelta(days=5))
        assert browser.get("/o/bakery/settings/").status_code == 200


# --- an organization's own sign-in ---


@pytest.fixture
def sso(client_of, alice: User, organization: Organization) -> SingleSignOn:
    client_of(alice).post(
        "/o/bakery/settings/security/sso/",
        {"name": "Bakery login", "issuer": ISSUER, "client_id": "cid", "secret": "very-hidden", "is_enabled": "on"},
    )
    with tenant(organization.id):
        return SingleSignOn.objects.get()


@pytest.fixture
def vouch(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A fake identity provider behind the checked transport; change the dict to say who signs in."""
    person = {"sub": "u1", "email": "alice@example.com", "name": "Alice"}

    def fetch(url: str, **kwargs: Any) -> Fetched:
        answers = {
            f"{ISSUER}/.well-known/openid-configuration": {
                "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/me", "jwks_uri": f"{ISSUER}/keys",
            },
            f"{ISSUER}/token": {"access_token": "t", "token_type": "Bearer"},
            f"{ISSUER}/me": {**person, "email_verified": True},
        }
        body = httpx.Response(200, json=answers[url])
        return Fetched(200, body.headers, body.content, url, "203.0.113.1", (), 0.0)

    monkeypatch.setattr(adapters, "fetch", fetch)
    return person


def _through(browser: Client, organization: Organization, process: str = "login") -> Any:
    path = f"/accounts/oidc/org-{organization.pk}/login/"
    start = browser.post(f"{path}?process={process}" if process != "login" else path)
    address = start.context["address"]
    assert address.startswith(f"{ISSUER}/auth?"), start
    assert f'content="0;url={escape(address)}"' in start.content.decode()
    state = httpx.URL(address).params["state"]
    return browser.get(f"{path}callback/", {"code": "c", "state": state})


def test_the_secret_is_encrypted_and_never_shown(client_of, alice, organization, sso) -> None:
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM accounts_singlesignon")
        assert "very-hidden" not in cursor.fetchone()[0]
    assert "very-hidden" not in client_of(alice).get("/o/bakery/settings/security/").content.decode()
    with tenant(organization.id):
        assert "very-hidden" not in str(list(AuditEntry.objects.values_list("before", "after")))

    client_of(alice).post(
        "/o/bakery/settings/security/sso/", {"name": "New", "issuer": ISSUER, "client_id": "cid", "secret": ""}
    )
    with tenant(organization.id):
        row = SingleSignOn.objects.get()
    assert (row.name, row.is_enabled, row.secrets) == ("New", False, {"client_secret": "very-hidden"})


def test_an_unlinked_person_is_not_let_in_on_the_providers_word(alice, organization, sso, vouch) -> None:
    browser = Client()

    response = _through(browser, organization)

    assert response.url == "/accounts/login/"
    assert "_auth_user_id" not in browser.session
    assert not SocialAccount.objects.exists()


def test_a_member_connects_it_once_and_then_signs_in_with_it(
    client_of, alice, organization, other_organization, sso, vouch
) -> None:
    MembershipFactory(organization=other_organization, user=alice)
    _through(client_of(alice), organization, "connect")
    assert SocialAccount.objects.get().user == alice

    browser = Client()
    assert _through(browser, organization).url == "/"
    assert browser.session[SSO_KEY] == organization.pk
    assert browser.get("/o/bakery/settings/").status_code == 200
    assert browser.get("/o/garage/settings/").url == "/account/other-sign-in/?next=%2Fo%2Fgarage%2Fsettings%2F"
    for path in ["email/", "password/set/", "2fa/", "3rdparty/", "sessions/"]:
        assert browser.get(f"/accounts/{path}").url.startswith("/account/other-sign-in/")
    assert "with the login of Alice" in browser.get("/account/other-sign-in/").content.decode()
    assert "garage" not in browser.get("/o/bakery/settings/").content.decode()
    assert browser.get("/api/v1/organizations/garage/").status_code == 404


def test_a_linked_person_who_left_is_refused(client_of, alice, bob, organization, sso, vouch) -> None:
    _through(client_of(bob), organization, "connect")
    with tenant(organization.id):
        Membership.objects.filter(user=bob).update(is_active=False)
    browser = Client()

    assert _through(browser, organization).url == "/accounts/login/"
    assert "_auth_user_id" not in browser.session


def test_a_stranger_cannot_connect_it(client_of, charlie, organization, sso, vouch) -> None:
    _through(client_of(charlie), organization, "connect")

    assert not SocialAccount.objects.exists()


def test_an_invited_person_comes_in_with_it(organization, sso, vouch) -> None:
    invitation = InvitationFactory(organization=organization, email="zoe@example.com", role=Role.VIEWER)
    vouch.update(sub="u9", email="Zoe@example.com", name="Zoe")
    browser = Client()
    page = browser.get(f"/invitations/{invitation.token}/").content.decode()
    assert "Bakery login" in page

    _through(browser, organization)
    browser.post(f"/invitations/{invitation.token}/")

    zoe = User.objects.get(email="zoe@example.com")
    assert browser.session["_auth_user_id"] == str(zoe.pk)
    with tenant(organization.id):
        assert Membership.objects.get(user=zoe).role == Role.VIEWER


def test_the_invitation_helps_only_the_invited_address(organization, sso, vouch) -> None:
    invitation = InvitationFactory(organization=organization, email="zoe@example.com")
    vouch.update(sub="u9", email="mallory@example.com")
    browser = Client()
    browser.get(f"/invitations/{invitation.token}/")

    assert _through(browser, organization).url == "/accounts/login/"
    assert not User.objects.filter(email="mallory@example.com").exists()


def test_switched_off_means_not_there(client, organization, sso) -> None:
    with tenant(organization.id):
        SingleSignOn.objects.update(is_enabled=False)

    assert client.post(f"/accounts/oidc/org-{organization.pk}/login/").status_code == 404


def test_an_issuer_inside_our_network_is_not_spoken_to(client_of, alice, organization) -> None:
    client_of(alice).post(
        "/o/bakery/settings/security/sso/",
        {"name": "X", "issuer": "http://169.254.169.254/latest", "client_id": "c", "secret": "s", "is_enabled": "on"},
    )

    response = Client().post(f"/accounts/oidc/org-{organization.pk}/login/")

    assert response.status_code == 502
    assert "could not be reached" in response.content.decode()


def test_a_provider_that_answers_nonsense_is_an_error_in_words(organization, sso, monkeypatch) -> None:
    def fetch(url: str, **kwargs: Any) -> Fetched:
        return Fetched(200, httpx.Headers(), b"<html>", url, "203.0.113.1", (), 0.0)

    monkeypatch.setattr(adapters, "fetch", fetch)

    assert Client().post(f"/accounts/oidc/org-{organization.pk}/login/").status_code == 502
