"""Every way in: a code by mail, a second factor and its recovery codes, a passkey; and who must have one."""

from __future__ import annotations

import re

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Page, expect

from apps.accounts.enums import Role
from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, mail_to, member

KEY_IN_THE_DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(pages.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def type_password_again(page: Page) -> None:
    """What guards an account is changed only by somebody who knows its password."""
    page.wait_for_url("**/accounts/reauthenticate/**")
    page.get_by_label("Password").fill(pages.PASSWORD)
    page.get_by_role("button", name="Continue").click()


def digits(secret: str) -> str:
    """What an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def set_up_app(page: Page) -> tuple[str, list[str]]:
    """From the page with the picture to the one with the recovery codes; gives the secret and the codes."""
    secret = page.locator("main [data-copy-text]").first.inner_text().strip()
    page.locator("input[name=code]").fill(digits(secret))
    page.get_by_role("button", name="Switch on").click()
    page.wait_for_url("**/recovery-codes/")
    return secret, page.locator("main .font-mono li").all_inner_texts()


def test_a_code_by_mail(person: PEOPLE, business: Business) -> None:
    page = person()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Send me a code by e-mail").click()
    page.get_by_label("E-mail address").fill(business.owner.email)
    page.get_by_role("button", name="Send the code").click()
    page.wait_for_url("**/code/confirm/")
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", mail_to(business.owner.email), re.MULTILINE)
    assert code
    page.locator("input[name=code]").fill("WRONG1")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    page.locator("input[name=code]").fill(code[1])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**{business.home}")


def test_an_authenticator_app_and_the_day_the_phone_is_gone(person: PEOPLE, business: Business) -> None:
    page = person()
    sign_in(page, business.owner.email)
    page.wait_for_url(f"**{business.home}")
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set up").click()
    type_password_again(page)
    secret, codes = set_up_app(page)
    assert len(set(codes)) == 10

    again = person()
    sign_in(again, business.owner.email)
    again.wait_for_url("**/2fa/authenticate/")
    again.goto(business.home)
    again.wait_for_url("**/2fa/authenticate/")
    again.locator("input[name=code]").first.fill(digits(secret))
    again.get_by_role("button", name="Sign in", exact=True).click()
    again.wait_for_url(f"**{business.home}")

    for works in (True, False):
        lost = person()
        sign_in(lost, business.owner.email)
        lost.locator("input[name=code]").first.fill(codes[0])
        lost.get_by_role("button", name="Sign in", exact=True).click()
        if works:
            lost.wait_for_url(f"**{business.home}")
        else:
            expect(lost.get_by_text("Incorrect code")).to_be_visible()


def test_a_passkey_alone(person: PEOPLE, business: Business) -> None:
    page = person(business.owner)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY_IN_THE_DEVICE})
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(re.compile(r"/2fa/(webauthn|recovery-codes)/$"))
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My phone")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"**{business.home}")


def test_admins_are_held_until_they_have_a_second_factor(person: PEOPLE, business: Business, word: str) -> None:
    business.organization.require_second_factor = True
    business.organization.save()
    viewer = person(member(business.organization, word, Role.VIEWER))
    assert viewer.goto(business.home).status == 200
    assert viewer.url.endswith(business.home)

    admin = person(member(business.organization, word, Role.ADMIN))
    admin.goto(f"{business.home}settings/team/")
    expect(admin.get_by_role("heading", name="One more lock for your account")).to_be_visible()
    admin.get_by_role("link", name="Use an authenticator app").click()
    set_up_app(admin)
    admin.get_by_role("link", name="I have kept them").click()
    admin.wait_for_url(f"**{business.home}")
    assert admin.goto(f"{business.home}settings/team/").status == 200
    expect(admin.get_by_role("table", name="Team")).to_be_visible()
