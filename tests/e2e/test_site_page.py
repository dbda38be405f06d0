"""The site page: filters, periods and comparisons live in the address, and so survive links and the back button."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.enums import Role
from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit, member

DAY = 24 * 60
SHOWN = ("Visitors", "Page views", "Conversions", "Revenue")


@pytest.fixture
def visited(business: Business) -> Business:
    """Five visitors in the last ten minutes and two of eight days… two days ago: enough to tell periods apart."""
    business.visited(
        Visit(("/", "/bread"), "https://www.google.com/", spent="12.50"),
        Visit(("/", "/rolls"), "https://www.google.com/"),
        Visit(("/bread",), "https://www.google.com/", country="US"),
        Visit(("/",), country="ES"),
        Visit(("/rolls",), "https://www.bing.com/", country="US"),
        Visit(("/",), minutes_ago=2 * DAY),
        Visit(("/", "/bread", "/rolls"), minutes_ago=2 * DAY),
    )
    return business


def chips(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", text).strip() for text in page.locator(".filter-bar .chip").all_inner_texts()]


def test_a_click_on_a_row_narrows_the_page_and_back_widens_it(person: PEOPLE, visited: Business) -> None:
    owner = person(visited.owner)
    owner.goto(f"{visited.site_page}?range=today")
    everything = {"Visitors": "5", "Page views": "7", "Conversions": "1", "Revenue": "€12.50"}
    assert pages.figures(owner, *SHOWN) == everything
    assert chips(owner) == []

    owner.get_by_role("link", name="Sources").click()
    owner.locator(".share-name").filter(has_text="Google").click()
    expect(owner.locator(".filter-bar .chip")).to_have_count(1)
    assert chips(owner) == ["Source is google"]
    narrowed = {"Visitors": "3", "Page views": "5", "Conversions": "1", "Revenue": "€12.50"}
    assert pages.figures(owner, *SHOWN) == narrowed

    shared = owner.url
    colleague = person(member(visited.organization, visited.site.script_id, Role.VIEWER))
    colleague.goto(shared)
    assert chips(colleague) == ["Source is google"]
    assert pages.figures(colleague, *SHOWN) == narrowed

    owner.go_back()
    expect(owner.locator(".filter-bar .chip")).to_have_count(0)
    assert pages.figures(owner, *SHOWN) == everything


def test_two_filters_add_up_and_a_chip_takes_its_own_away(person: PEOPLE, visited: Business) -> None:
    owner = person(visited.owner)
    owner.goto(f"{visited.site_page}?range=today&f=source:is:google&f=country:is:US")
    assert chips(owner) == ["Source is google", "Country is United States"]
    assert pages.figures(owner, "Visitors", "Page views") == {"Visitors": "1", "Page views": "1"}

    owner.get_by_role("link", name="Remove filter Source is google").click()
    expect(owner.locator(".filter-bar .chip")).to_have_count(1)
    assert chips(owner) == ["Country is United States"]
    assert pages.figures(owner, "Visitors", "Page views") == {"Visitors": "2", "Page views": "2"}


def test_period_and_comparison_stand_in_the_address(person: PEOPLE, visited: Business) -> None:
    owner = person(visited.owner)
    owner.goto(f"{visited.site_page}?range=today")
    picker = owner.locator(".range-button").first
    picker.click()
    owner.get_by_role("link", name="Last 7 days").click()
    owner.wait_for_url(re.compile(r"[?&]range=7d"))
    week = {"Visitors": "7", "Page views": "11"}
    assert pages.figures(owner, *week) == week

    picker.click()
    owner.get_by_role("link", name="Same days a year ago").click()
    owner.wait_for_url(re.compile(r"[?&]compare=year"))
    assert "range=7d" in owner.url
    expect(picker).to_contain_text("vs")
    owner.reload()
    assert pages.figures(owner, *week) == week
    expect(picker).to_contain_text("Last 7 days")


def test_a_filter_that_cannot_be_read_is_said_and_left_out(person: PEOPLE, visited: Business) -> None:
    owner = person(visited.owner)
    owner.goto(f"{visited.site_page}?range=today&f=shoe-size:is:43")
    expect(owner.get_by_text("The filter “shoe-size:is:43” cannot be read and was left out.")).to_be_visible()
    assert pages.figures(owner, "Visitors") == {"Visitors": "5"}
