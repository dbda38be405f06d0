"""Every component in a real browser: within the security policy, within its width, and nothing serious for axe."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from apps.core.styleguide.views import PARTS
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
WIDTHS: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
WATCH = (
    "window.violations = [];"
    "document.addEventListener('securitypolicyviolation',"
    " e => window.violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))"
)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would refuse to touch the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Open]:
    """Opens a part of the component page as staff; fails the test on any error in the page."""
    client = Client()
    client.force_login(UserFactory(email="staff@example.com", is_staff=True))
    session = client.cookies["sessionid"].value
    contexts, troubles = [], []

    def open_part(path: str, *, theme: str = "light", width: str = "desk") -> Page:
        phone = width == "phone"
        context = chromium.new_context(
            viewport=WIDTHS[width], color_scheme=theme, has_touch=phone, is_mobile=phone, accept_downloads=True
        )
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        page.goto(f"{live_server.url}/styleguide/{path}", wait_until="load")
        return page

    yield open_part
    for context in contexts:
        context.close()
    assert troubles == []


def draw_all(page: Page) -> None:
    """Scroll every chart into sight and wait for its drawing."""
    page.evaluate("document.querySelectorAll('ms-chart').forEach(chart => chart.load())")
    expect(page.locator("ms-chart:not([data-ready])")).to_have_count(0, timeout=30_000)


@pytest.mark.parametrize("part", PARTS)
def test_part_keeps_the_policy_and_its_width_and_satisfies_axe(visit: Open, part: str) -> None:
    for width in WIDTHS:
        for theme in ("light", "dark"):
            page = visit(f"{part}/", theme=theme, width=width)
            draw_all(page)

            assert page.evaluate("window.violations") == []
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run().then(result => result.violations)")
            assert [_said(one) for one in found if one["impact"] in {"serious", "critical"}] == []


def _said(violation: dict[str, Any]) -> str:
    nodes = "; ".join(f"{node['html'][:120]} {node.get('failureSummary', '')[:160]}" for node in violation["nodes"][:3])
    return f"{violation['id']}: {nodes}"


def test_right_to_left_keeps_its_width(visit: Open) -> None:
    for width in WIDTHS:
        page = visit("charts/?dir=rtl", width=width)
        draw_all(page)

        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate("getComputedStyle(document.querySelector('.content')).direction") == "rtl"


def test_targets_are_large_enough_for_fingers(visit: Open) -> None:
    page = visit("page/", width="phone")

    small = page.evaluate(
        "[...document.querySelectorAll('.topbar button, .topbar a, .bottombar a, .bottombar button, .btn, .chip-x')]"
        ".filter(e => e.offsetParent).map(e => [e.className, e.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 44 || box.width < 44).map(([name]) => name)"
    )
    assert small == []


def test_first_load_stays_light_and_charts_come_later(visit: Open, live_server: Any) -> None:
    page = visit("figures/")
    addresses = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    scripts = [address for address in addresses if address.endswith(".js")]

    sizes = [len(gzip.compress(page.request.get(address).body())) for address in scripts]
    assert sum(sizes) <= 150_000
    assert [address for address in scripts if "/chunks/" in address] == []


def test_chart_has_a_table_a_csv_and_a_picture(visit: Open) -> None:
    page = visit("charts/")
    draw_all(page)
    card = page.locator("#c-horizontal-card")
    more = card.get_by_role("button", name="More for this chart")

    rows = card.locator(".chart-table tbody tr")
    assert rows.first.inner_text().split("\t") == ["Sourdough, large", "€8,240.00"]
    more.click()
    page.get_by_role("menuitem", name="Table or chart").locator("visible=true").click()
    assert card.locator(".chart-canvas").is_hidden()
    more.click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download CSV").locator("visible=true").click()
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(content)))[:2] == [["Name", "Sales"], ["Sourdough, large", "8240"]]
    more.click()
    with page.expect_download() as picture:
        page.get_by_role("menuitem", name="Download PNG").locator("visible=true").click()
    assert Path(picture.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_chart_is_read_and_followed_by_keyboard(visit: Open) -> None:
    page = visit("charts/")
    draw_all(page)
    canvas = page.locator("#c-visitors .chart-canvas")

    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    said = page.locator("#c-visitors [data-chart-said]").inner_text()
    assert re.match(r"Wednesday, October 21, Visitors[\d,]+, Monday, September 21[\d,]+, Change [+-][\d.]+%", said)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?day=2026-10-21")


def test_choice_of_theme_lasts_and_is_there_before_the_page(visit: Open) -> None:
    page = visit("figures/")
    page.get_by_role("button", name="You and your account").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    page.add_init_script(
        "new MutationObserver(() => { if (document.body && !window.first) "
        "window.first = document.documentElement.dataset.theme }).observe(document, {childList: true, subtree: true})"
    )
    page.reload()
    assert page.evaluate("window.first") == "dark"


def test_palette_goes_where_it_is_told(visit: Open) -> None:
    page = visit("figures/")

    page.keyboard.press("Control+k")
    page.keyboard.type("tables")
    assert page.get_by_role("option").all_inner_texts() == ["Lists and tables"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/styleguide/tables/")


def test_dangerous_button_opens_only_for_the_typed_phrase(visit: Open) -> None:
    page = visit("page/")

    page.get_by_role("button", name="Typed confirmation").click()
    delete = page.get_by_role("button", name="Delete for good")
    assert delete.is_disabled()
    page.get_by_label("to go on").fill("Harbour Bakery")
    assert delete.is_enabled()
    page.keyboard.press("Escape")
    assert page.locator("#sample-confirm").is_hidden()


def test_keys_of_the_page_are_listed(visit: Open) -> None:
    page = visit("page/")

    page.keyboard.press("?")
    assert "New example" in page.locator("#keys").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.get_by_role("heading", name="New example").is_visible()


def test_range_keeps_other_parameters(visit: Open, live_server: Any) -> None:
    page = visit("figures/?channel=Search&cursor=abc")

    page.locator(".range-button").first.click()
    page.get_by_role("link", name="Last 7 days").click()
    page.wait_for_url("**/?channel=Search&range=7d")


def test_page_is_for_staff(client: Client, db: None) -> None:
    assert client.get("/styleguide/").status_code == 302
    client.force_login(UserFactory(email="someone@example.com"))
    assert client.get("/styleguide/").status_code == 302
