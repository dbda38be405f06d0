"""Signing in without a password: a code by mail."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, mail_to


def test_a_code_by_mail(person: PEOPLE, business: Business) -> None:
    page = person()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Send me a code by e-mail").click()
    page.locator("input[name=email]").fill(business.owner.email)
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
