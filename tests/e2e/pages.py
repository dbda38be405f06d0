"""The pages as people use them: what is on them by its label, and what one does there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

PASSWORD = "kettle-on-the-hob-9"


def sign_up(page: Page, name: str, email: str) -> None:
    """Make an account."""
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def name_business(page: Page, name: str) -> str:
    """Name the business on the page that follows; gives its short name in addresses."""
    page.get_by_label("What is your business called?").fill(name)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(r"/o/[^/]+/$"))
    return urlsplit(page.url).path.split("/")[2]


def add_site(page: Page, address: str) -> str:
    """From the empty home page to the tracking code; gives the code."""
    page.get_by_role("link", name="Add a site").first.click()
    page.get_by_label("Address of the site").fill(address)
    page.get_by_role("button", name="Add site").click()
    page.wait_for_url("**/install/")
    return page.locator("[data-copy-text]").first.inner_text().strip()


def figure(page: Page, label: str) -> Locator:
    """The figure on the card of that name."""
    card = page.locator(".kpi").filter(has=page.locator(".kpi-link, .kpi-name").get_by_text(label, exact=True))
    return card.locator("[data-live-value]")


def figures(page: Page, *labels: str) -> dict[str, str]:
    """Several figures as they stand."""
    return {label: figure(page, label).inner_text() for label in labels}


def until_figures(page: Page, wanted: dict[str, str]) -> float:
    """Wait, without a reload, until the cards show these; gives the seconds that took."""
    began = time.monotonic()
    for label, text in wanted.items():
        expect(figure(page, label)).to_have_text(text)
    return time.monotonic() - began


def light(page: Page) -> Locator:
    """The light that says whether figures are live."""
    return page.locator("ms-live [data-state]")


def until_live(page: Page) -> None:
    """Wait until the page's socket is open."""
    expect(light(page)).to_have_attribute("data-state", "live")


def sideways(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def until(known: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for something that is not on a page."""
    deadline = time.monotonic() + seconds
    while not known():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
