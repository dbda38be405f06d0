"""An owner chooses companies, sees what a CRM will get, sends them, and sees what arrived and what did not."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import expect

from apps.analytics.models import Company
from apps.core.models import Connection
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business


def with_companies(business: Business, box: str) -> None:
    """Three companies, and a CRM that refuses one of them."""
    now = timezone.now()
    with tenant(business.organization.pk):
        for name, domain in (("Acme Machines", "acme.example"), ("Globex", ""), ("Initech", "")):
            Company.objects.create(
                key=name, name=name, domain=domain, first_seen_at=now, last_seen_at=now, visits=3, score=61,
                scored_at=now,
            )
        Connection.objects.create(
            kind="crm", provider="fake", name="Our CRM", status="ok", config={"box": box, "refuse": "Globex"},
        )


def test_chosen_companies_are_sent_and_one_is_refused(person: PEOPLE, business: Business, word: str) -> None:
    with_companies(business, word)
    page = person(business.owner)
    page.goto(f"/o/{business.organization.slug}/companies/")
    send, said = page.get_by_role("button", name="Send the chosen to a CRM"), page.locator("[data-choose-count]")
    expect(send).to_be_disabled()
    expect(said).to_have_text("None chosen")
    page.get_by_label("All on this page").press("Space")  # by keyboard
    expect(said).to_have_text("3 companies chosen")
    page.get_by_label("Choose: Initech").press("Space")
    expect(said).to_have_text("2 companies chosen")
    page.get_by_label("Search companies").fill("Acme")
    page.get_by_label("Search companies").press("Enter")
    page.get_by_role("button", name="Send the 1 company of this list").click()
    expect(page.get_by_role("button", name="Send 1 company to Our CRM")).to_be_visible()
    page.goto(f"/o/{business.organization.slug}/companies/")

    page.get_by_label("Choose: Acme Machines").check()
    page.get_by_label("Choose: Globex").check()
    send.press("Enter")
    expect(page.get_by_text("Looked for by its domain, acme.example; made if there is none")).to_be_visible()
    page.get_by_role("button", name="Send 2 companies to Our CRM").click()

    expect(page.get_by_text("2 companies are on their way to Our CRM.")).to_be_visible()
    refused = page.get_by_role("row").filter(has_text="Globex")
    expect(refused).to_contain_text("Demo CRM refuses this name.")
    sent = page.get_by_role("row").filter(has_text="Acme Machines")
    expect(sent).to_contain_text("Record made by Mainstay")
    expect(sent.get_by_role("link", name="Open")).to_have_attribute("href", f"{page.url.split('/o/')[0]}/?record=1000")
    refused.get_by_role("link", name="Globex").click()
    expect(page.get_by_text("Demo CRM refuses this name.")).to_be_visible()
    expect(page.get_by_role("link", name="Send to CRM")).to_be_visible()
