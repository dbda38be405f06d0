"""An open home page moves by itself: while somebody shops in another tab, and after the web process was killed."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.demo.businesses import KESTREL
from apps.demo.selectors import OWNER_EMAIL, demo_loads
from apps.demo.services.setup import demo_create
from apps.metrics.words import say_short
from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit
from tests.house.house import House

SLOWEST_SECONDS = 6.0  # the tracker gathers for a second, pages are told at most once a second, and two cores are few


@pytest.fixture
def demo(house: House) -> Business:
    """The demo business, with one visitor instead of its history."""
    if not demo_loads():
        demo_create()
    load = next(load for load in demo_loads() if load.business == KESTREL.key)
    business = Business(house, load.organization, User.objects.get(email=OWNER_EMAIL), load.site)
    business.visited(Visit())
    return business


def shop(visitor: Page) -> None:
    """Open the demo shop as a new visitor."""
    visitor.goto("/demo/shop/")
    expect(visitor.get_by_role("heading", name="Bikes that are ridden every day.")).to_be_visible()


def number(page: Page, label: str) -> int:
    return int(pages.figure(page, label).inner_text())


def euros(page: Page) -> Decimal:
    return Decimal(pages.figure(page, "Revenue").inner_text().removeprefix("€").replace(",", ""))


def test_a_visitor_shops_and_the_open_home_page_moves(person: PEOPLE, demo: Business) -> None:
    owner = person()
    owner.goto("/")
    owner.get_by_role("button", name="Look around in the demo").click()
    owner.wait_for_url(f"**{demo.home}")
    pages.until_live(owner)
    visitors, views = number(owner, "Visitors"), number(owner, "Page views")
    bought, revenue = number(owner, "Conversions"), euros(owner)
    owner.evaluate("window.wasNotLoadedAgain = true")
    took = {}

    visitor = person()
    began = time.monotonic()
    shop(visitor)
    pages.until_figures(owner, {"Visitors": str(visitors + 1), "Page views": str(views + 1)})
    took["visitor"] = time.monotonic() - began

    visitor.get_by_role("link", name="See the bikes").click()
    visitor.locator(".tiles a").first.click()
    price = Decimal(visitor.locator(".product .price").inner_text().split()[0])
    visitor.get_by_role("button", name="Add to cart").click()
    expect(visitor.get_by_text("In your cart.")).to_be_visible()
    began = time.monotonic()
    pages.until_figures(owner, {"Page views": str(views + 3)})  # the bikes, and one of them
    took["page views"] = time.monotonic() - began

    visitor.get_by_role("link", name="Cart").click()
    visitor.get_by_role("link", name="Check out").click()
    visitor.get_by_label("Name").fill("Robin")
    visitor.get_by_label("E-mail").fill("robin@example.com")
    visitor.get_by_role("button", name="Buy").click()
    began = time.monotonic()
    pages.until_figures(owner, {"Conversions": str(bought + 1), "Revenue": say_short(revenue + price, "money", "EUR")})
    took["purchase"] = time.monotonic() - began

    assert owner.evaluate("window.wasNotLoadedAgain") is True
    print({name: f"{seconds:.2f} s" for name, seconds in took.items()})
    assert max(took.values()) < SLOWEST_SECONDS


def test_a_page_that_lost_its_server_catches_up_without_being_loaded_again(
    person: PEOPLE, business: Business, house: House
) -> None:
    business.visited(Visit(spent="10.00"))
    owner = person(business.owner)
    owner.goto(business.home)
    pages.until_live(owner)
    assert pages.figures(owner, "Visitors", "Revenue") == {"Visitors": "1", "Revenue": "€10.00"}
    owner.evaluate("window.wasNotLoadedAgain = true")

    house["web"].kill()
    expect(pages.light(owner)).to_have_attribute("data-state", "reconnecting")
    expect(owner.locator("ms-live")).to_contain_text("Connecting")
    business.visited(Visit(spent="5.50"), Visit())
    house.start("web")
    began = time.monotonic()
    pages.until_live(owner)
    pages.until_figures(owner, {"Visitors": "3", "Revenue": "€15.50"})

    print(f"caught up {time.monotonic() - began:.1f} s after the server was back")
    assert owner.evaluate("window.wasNotLoadedAgain") is True


def test_numbers_go_on_while_the_pipeline_was_away(person: PEOPLE, business: Business, house: House) -> None:
    business.visited(Visit())
    owner = person(business.owner)
    owner.goto(business.site_page)
    pages.until_live(owner)
    house["pipeline"].kill()
    house.start("pipeline")
    business.visited(Visit(), Visit())
    owner.reload()
    assert pages.figures(owner, "Visitors") == {"Visitors": "3"}
