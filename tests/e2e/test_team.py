"""A colleague is invited and sees what the role allows; an agency sees its clients and nobody else's."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from apps.accounts.enums import OrganizationKind, Role
from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit, mail_to, member
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory
from tests.house.house import House


def test_a_colleague_sees_what_the_role_allows(person: PEOPLE, business: Business, word: str) -> None:
    business.visited(Visit(spent="12.50"))
    owner = person(business.owner)
    owner.goto(f"{business.home}settings/team/")
    owner.get_by_role("button", name="Invite", exact=True).click()
    owner.get_by_label("E-mail address").fill(f"zoe-{word}@example.com")
    owner.get_by_label("Role").select_option(Role.BILLING.value)
    owner.get_by_role("button", name="Send invitation").click()
    expect(owner.locator("main").get_by_text(f"zoe-{word}@example.com")).to_be_visible()

    colleague = person()
    link = re.search(r"http://\S+/invitations/\S+", mail_to(f"zoe-{word}@example.com"))
    assert link
    colleague.goto(link[0])
    colleague.get_by_role("link", name="Make your account").click()
    colleague.get_by_label("Your name").fill("Zoe Birch")
    colleague.get_by_label("Password").fill(pages.PASSWORD)
    colleague.get_by_role("button", name="Continue").click()
    colleague.get_by_role("button", name=f"Join as zoe-{word}@example.com").click()
    colleague.wait_for_url(f"**{business.home}")
    assert _answer(colleague, business.site_page) == 403
    expect(colleague.get_by_role("heading", name="Your role does not include this")).to_be_visible()
    assert _answer(colleague, f"{business.home}settings/security/") == 403

    owner.reload()
    owner.get_by_role("link", name="Change Zoe Birch").click()
    owner.get_by_label("Role").select_option(Role.VIEWER.value)
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator("main")).to_contain_text("Viewer")
    assert _answer(colleague, f"{business.site_page}?range=today") == 200
    assert pages.figures(colleague, "Visitors", "Revenue") == {"Visitors": "1", "Revenue": "€12.50"}
    expect(colleague.get_by_role("link", name="Settings", exact=True).filter(visible=True)).to_have_count(1)
    assert _answer(colleague, f"{business.site_page}settings/") == 403
    assert _answer(colleague, f"{business.home}settings/security/") == 403


def test_an_agency_sees_its_clients_and_nobody_elses(
    person: PEOPLE, house: House, business: Business, word: str
) -> None:
    business.visited(Visit(spent="777.00"))
    agency = OrganizationFactory(name=f"Studio {word}", slug=f"studio-{word}", kind=OrganizationKind.AGENCY)
    boss = member(agency, f"boss-{word}")
    client = OrganizationFactory(name=f"Client {word}", slug=f"client-{word}", agency=agency)
    site = SiteFactory(organization=client, name=f"Shop of {word}", domains=[f"client-{word}.example"])
    Business(house, client, boss, site).visited(Visit(spent="10.00"), Visit())

    page = person(boss)
    page.goto(f"/o/{agency.slug}/clients/")
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(f"Client {word}")
    page.get_by_role("link", name=f"Client {word}").first.click()
    page.wait_for_url(f"**/o/{client.slug}/")
    assert pages.figures(page, "Visitors", "Revenue") == {"Visitors": "2", "Revenue": "€10.00"}
    page.get_by_role("button", name="Switch organization").click()
    names = [name.strip() for name in page.locator("[data-filterable]").all_inner_texts()]
    assert sorted(names) == sorted([agency.name, client.name])

    for path in (business.home, business.site_page, f"{business.home}settings/team/"):
        assert _answer(page, path) == 404
        expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
        assert business.organization.name not in page.content()
    stranger = person(business.owner)
    assert _answer(stranger, f"/o/{client.slug}/") == 404


def _answer(page: pages.Page, path: str) -> int:
    answer = page.goto(path)
    return answer.status if answer else 0
