"""From nothing to the first number: sign up, name the business, add a site, paste the code, see the first visitor."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.shopfront import Shopfront


@pytest.fixture
def bakery() -> Iterator[Shopfront]:
    site = Shopfront("bakery.example")
    yield site
    site.close()


def test_from_sign_up_to_the_first_visitor(person: PEOPLE, bakery: Shopfront, word: str) -> None:
    began = time.monotonic()
    owner = person()
    pages.sign_up(owner, "Olive Baker", f"{word}@bakery.example")
    slug = pages.name_business(owner, f"Harbour {word}")
    assert slug == f"harbour-{word}"
    expect(owner.get_by_text("Your day will be shown here")).to_be_visible()
    expect(owner.get_by_text("0 of 3 done")).to_be_visible()

    snippet = pages.add_site(owner, "https://www.bakery.example/")
    # A worker has been asked to look at the page: it may have done so already.
    expect(owner.locator("#install-status")).to_contain_text(re.compile("Not detected yet|did not answer"))
    bakery.put("/", snippet, "<h1>Fresh bread</h1>", "Harbour Bakery")
    visitor = person()
    visitor.goto(bakery.url())
    opened = time.monotonic()
    expect(owner.locator("#install-status")).to_contain_text("Installed.")
    noticed = time.monotonic() - opened

    owner.get_by_role("link", name="See the visits").click()
    assert pages.figures(owner, "Visitors", "Visits", "Page views") == {
        "Visitors": "1", "Visits": "1", "Page views": "1",
    }
    owner.goto(f"/o/{slug}/")
    pages.until_live(owner)
    assert pages.figures(owner, "Visitors") == {"Visitors": "1"}
    expect(owner.get_by_text("2 of 3 done")).to_be_visible()
    print(f"sign-up to first number {time.monotonic() - began:.1f} s, code noticed after {noticed:.1f} s")
