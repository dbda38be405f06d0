"""Signing up and in: password, code, second factor, lock-out, language, devices."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import connection
from django.test import Client

from apps.accounts.models import AuditEntry, Organization, User
from apps.accounts.signals import network_of
from apps.core.tenancy import tenant
from tests.factories.accounts import PASSWORD, UserFactory

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _sign_in(browser: Client, user: User, password: str = PASSWORD, **headers: str) -> object:
    return browser.post("/accounts/login/", {"login": user.email, "password": password}, headers=headers)


def _code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def secured(alice: User) -> User:
    """alice with an authenticator app and recovery codes."""
    totp.TOTP.activate(alice, SECRET)
    RecoveryCodes.activate(alice)
    return alice


def test_sign_up_names_the_business_and_goes_home(client, db) -> None:
    response = client.post(
        "/accounts/signup/", {"name": "Nora", "email": "Nora@Example.com", "password1": "a-long-enough-1"}
    )
    assert response.url == "/"
    assert client.get("/").url == "/organizations/new/"

    response = client.post(
        "/organizations/new/",
        {"name": "Nora's Nook", "country": "ES", "time_zone": "Europe/Madrid", "currency": "EUR", "industry": ""},
    )
    assert response.url == "/o/noras-nook/"
    assert client.get("/").url == "/o/noras-nook/"
    assert User.objects.get(email="nora@example.com").name == "Nora"


def test_next_survives_sign_up(client, db) -> None:
    response = client.post(
        "/accounts/signup/?next=/account/",
        {"name": "N", "email": "n@example.com", "password1": "a-long-enough-1", "next": "/account/"},
    )

    assert response.url == "/account/"


def test_next_to_another_site_is_ignored(client, alice: User) -> None:
    response = client.post(
        "/accounts/login/?next=https://evil.example/",
        {"login": alice.email, "password": PASSWORD, "next": "https://evil.example/"},
    )

    assert response.url == "/"


def test_sign_in_and_its_audit(client, alice: User, organization: Organization) -> None:
    assert _sign_in(client, alice, "wrong-password").status_code == 200
    assert _sign_in(client, alice).url == "/"

    with tenant(organization.id):
        assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
            "person.sign_in_failed", "person.signed_in",
        ]


def test_five_wrong_passwords_lock_the_account_for_a_while(client, alice: User) -> None:
    for _ in range(5):
        _sign_in(client, alice, "wrong-password")

    assert "Too many failed login attempts" in _sign_in(client, alice).content.decode()
    assert "_auth_user_id" not in client.session


def test_a_spoofed_forwarded_address_does_not_get_round_the_lock(client, alice: User) -> None:
    for number in range(6):
        response = _sign_in(client, alice, "wrong-password", **{"X-Forwarded-For": f"203.0.113.{number}"})

    assert "Too many failed login attempts" in response.content.decode()


def test_magic_code(client, alice: User) -> None:
    alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)
    client.post("/accounts/login/code/", {"email": alice.email})
    code = re.search(r"^\s*([A-Z0-9-]{6,12})\s*$", mail.outbox[0].body, re.MULTILINE)
    assert code

    assert mail.outbox[0].subject == f"{code[1]} is your sign-in code"
    assert code[1] in mail.outbox[0].alternatives[0][0]
    assert client.post("/accounts/login/code/confirm/", {"code": code[1]}).url == "/"
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_second_factor_is_asked_for_and_recovery_codes_work_once(client, secured: User) -> None:
    assert _sign_in(client, secured).url == "/accounts/2fa/authenticate/"
    assert client.get("/o/bakery/settings/").status_code == 302
    assert client.get("/accounts/2fa/authenticate/").status_code == 200
    code = Authenticator.objects.get(user=secured, type="recovery_codes").wrap().get_unused_codes()[0]

    assert client.post("/accounts/2fa/authenticate/", {"code": code}).url == "/"
    assert client.get("/o/bakery/settings/").status_code == 200

    again = Client()
    _sign_in(again, secured)
    assert again.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert again.post("/accounts/2fa/authenticate/", {"code": _code_of(SECRET)}).url == "/"


def test_keys_of_second_factors_are_encrypted_in_the_database(secured: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = " ".join(row[0] for row in cursor.fetchall())

    assert SECRET not in stored
    assert stored.count("gAAAA") >= 2


def test_set_up_an_authenticator_app(client, alice: User) -> None:
    alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)
    _sign_in(client, alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret

    response = client.post("/accounts/2fa/totp/activate/", {"code": _code_of(secret)})

    assert response.url == "/accounts/2fa/recovery-codes/"
    assert "10 of 10 codes left" in client.get(response.url).content.decode()
    assert Authenticator.objects.filter(user=alice, type="totp").exists()
    assert client.get("/accounts/2fa/").status_code == 200


def test_providers_are_shown_only_when_configured(client, db, settings) -> None:
    assert "Google" not in client.get("/accounts/login/").content.decode()

    settings.SOCIALACCOUNT_PROVIDERS = {
        "google": {"APPS": [{"client_id": "id", "secret": "s", "key": ""}]},
        "microsoft": {"APPS": [{"client_id": "id", "secret": "s", "key": ""}]},
    }
    page = client.get("/accounts/login/").content.decode()
    assert "Continue with Google" in page
    assert "Continue with Microsoft" in page


def test_the_language_chosen_is_spoken(client_of, alice: User) -> None:
    browser = client_of(alice)
    browser.post("/account/", {"name": "Alice", "language": "de", "theme": "dark"})
    page = browser.get("/account/", headers={"Accept-Language": "es"}).content.decode()

    assert '<html lang="de" dir="ltr" data-theme-choice="dark">' in page
    alice.refresh_from_db()
    assert (alice.language, alice.theme) == ("de", "dark")


def test_devices_are_listed_with_the_network_cut_and_can_be_signed_out(alice: User) -> None:
    phone, desk, third = Client(REMOTE_ADDR="203.0.113.77"), Client(REMOTE_ADDR="198.51.100.9"), Client()
    _sign_in(phone, alice, **{"User-Agent": "Mozilla/5.0 (iPhone; CPU) AppleWebKit Safari/604.1"})
    _sign_in(desk, alice, **{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"})
    _sign_in(third, alice)

    page = desk.get("/accounts/sessions/").content.decode()
    assert "Safari on iPhone" in page
    assert "203.0.113.…" in page
    assert set(UserSession.objects.values_list("ip", flat=True)) == {"203.0.113.0", "198.51.100.0", "127.0.0.0"}

    session = UserSession.objects.get(ip="203.0.113.0")
    desk.post(f"/account/devices/{session.pk}/end/")
    assert phone.get("/account/").status_code == 302
    assert third.get("/account/").status_code == 200

    desk.post("/accounts/sessions/")
    assert third.get("/account/").status_code == 302
    assert desk.get("/account/").status_code == 200


def test_anothers_device_is_not_there(client_of, alice: User, charlie: User) -> None:
    theirs = Client()
    _sign_in(theirs, charlie)
    session = UserSession.objects.get(user=charlie)

    assert client_of(alice).post(f"/account/devices/{session.pk}/end/").status_code == 404
    assert theirs.get("/account/").status_code == 200


def test_a_new_password_signs_out_the_other_devices(alice: User) -> None:
    here, there = Client(), Client()
    _sign_in(here, alice)
    _sign_in(there, alice)
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another-one-22", "password2": "another-one-22"},
    )

    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0"), ("2001:db8:1:2:3::4", "2001:db8:1::"), ("::ffff:203.0.113.77", "203.0.113.0")],
)
def test_network_of(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_deactivated_person_cannot_sign_in(client, db) -> None:
    user = UserFactory(is_active=False)

    _sign_in(client, user)

    assert "_auth_user_id" not in client.session


def test_the_demo_door(client, alice: User, organization: Organization, settings) -> None:
    settings.DEMO = True
    assert client.post("/demo/sign-in/").status_code == 404
    Organization.objects.update(is_demo=True)
    assert "Look around in the demo" in client.get("/").content.decode()

    assert client.post("/demo/sign-in/", follow=True).redirect_chain[-1][0] == "/o/bakery/"
    settings.DEMO = False
    assert Client().post("/demo/sign-in/").status_code == 404


def test_a_forgotten_password(client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    assert link
    assert link[1] in mail.outbox[0].alternatives[0][0]

    form = client.get(link[1]).url
    done = client.post(form, {"password1": "a-brand-new-one-9", "password2": "a-brand-new-one-9"})

    assert done.status_code == 302
    assert _sign_in(Client(), alice, "a-brand-new-one-9").url == "/"
    assert "used or is too old" in Client().get(link[1]).content.decode()


def test_an_unknown_address_is_not_told_apart(client, alice: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": alice.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


def test_changing_the_address_needs_the_new_ones_mail(client, alice: User, organization: Organization) -> None:
    alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)
    _sign_in(client, alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", mail.outbox[-1].body)
    assert link

    client.post(link[1])

    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    with tenant(organization.id):
        assert AuditEntry.objects.get(action="person.email_changed").after == {"email": "new@example.com"}
