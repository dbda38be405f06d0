"""What stands around every page: look and language that last, the palette, and going everywhere by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit

TABS = 45
# What has the focus, and whether one can see it: by an outline or ring of its own or of the card it fills.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const shown = [e, e.closest('.kpi'), e.closest('label'), e.parentElement].filter(Boolean).some(part => {
    const style = getComputedStyle(part);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
  });
  const box = e.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {what: e.outerHTML.slice(0, 140), shown, inside,
    after: !window.last || !!(window.last.compareDocumentPosition(e) & 4), was: (window.last = e, true)};
}"""


def look(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.theme"))


def test_look_and_language_last(person: PEOPLE, business: Business) -> None:
    page = person(business.owner)
    page.goto("/account/")
    assert look(page) == "light"
    page.get_by_label("Dark", exact=True).check()
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert look(page) == "dark"

    elsewhere = person(locale="es-ES")
    elsewhere.goto("/accounts/login/")
    expect(elsewhere.locator("html")).to_have_attribute("lang", "es")
    assert look(elsewhere) == "light"
    elsewhere.locator("input[name=login]").fill(business.owner.email)
    elsewhere.locator("input[name=password]").fill(pages.PASSWORD)
    elsewhere.locator("main form button[type=submit]").first.click()
    elsewhere.wait_for_url(f"**{business.home}")
    expect(elsewhere.locator("html")).to_have_attribute("lang", "de")
    assert look(elsewhere) == "dark"


def test_the_palette_goes_where_it_is_told(person: PEOPLE, business: Business) -> None:
    page = person(business.owner)
    page.goto(business.home)
    opener = page.get_by_role("button", name="Search").first
    opener.focus()
    palette = page.locator("dialog.palette")
    for keys in ("Control+k", "Meta+k"):
        page.keyboard.press(keys)
        expect(palette.get_by_role("combobox")).to_be_focused()
        page.keyboard.press("Escape")
        expect(palette).to_be_hidden()
        expect(opener).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type(business.site.name)
    expect(palette.get_by_role("option").first).to_contain_text(business.site.name)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(business.site_page)))
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz-nothing")
    expect(palette.get_by_text("Nothing found")).to_be_visible()


def test_a_page_is_walked_by_keyboard(person: PEOPLE, business: Business) -> None:
    business.visited(Visit(("/", "/bread"), "https://www.google.com/", spent="12.50"))
    page = person(business.owner, reduced_motion="reduce")
    page.goto(f"{business.site_page}?range=today")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    walked = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None:
            break
        walked.append(found)
    assert len(walked) > 20
    assert [one["what"] for one in walked if not one["shown"]] == []
    assert [one["what"] for one in walked if not one["inside"]] == []
    assert [one["what"] for one in walked if not one["after"]] == []

    page.goto(f"{business.site_page}?range=today")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_what_opens_is_closed_by_escape_and_gives_the_focus_back(person: PEOPLE, business: Business) -> None:
    page = person(business.owner)
    page.goto(f"{business.home}settings/team/")
    menu = page.get_by_role("button", name="You and your account")
    menu.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(menu).to_have_attribute("aria-expanded", "false")
    expect(menu).to_be_focused()

    invite = page.get_by_role("button", name="Invite", exact=True)
    invite.focus()
    page.keyboard.press("Enter")
    sheet = page.locator("dialog#invite")
    expect(sheet).to_be_visible()
    for _ in range(12):  # the focus stays inside, or leaves for the browser's own bar
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog#invite')"
        )
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(invite).to_be_focused()


def test_the_bar_of_a_phone_shows_whole_buttons(person: PEOPLE, business: Business) -> None:
    page = person(business.owner, viewport={"width": 320, "height": 600})
    page.goto(f"{business.home}traffic/?range=custom&from=2026-01-20&to=2026-11-20")

    menu, arrow = (page.locator(f".topbar > ms-menu {part}").first.bounding_box() for part in ("", ".org-button .icon"))
    assert menu
    assert arrow
    assert menu["x"] <= arrow["x"] <= menu["x"] + menu["width"] - arrow["width"]
    assert pages.sideways(page) <= 0
