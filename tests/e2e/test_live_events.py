"""The live list: what visitors do appears, stands still while paused, and nothing of what came meanwhile is lost."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit


def rows(page: Page) -> list[str]:
    """The pages of the events in sight, as they stand."""
    return page.locator(".stream-row:visible .stream-path").all_inner_texts()


def test_events_appear_wait_while_paused_and_tell_of_their_visit(person: PEOPLE, business: Business) -> None:
    business.visited(Visit(paths=("/before",)))
    owner = person(business.owner)
    owner.goto(f"{business.site_page}live/")
    expect(owner.locator("[data-stream-state-text]")).to_have_text("Live")
    expect(owner.locator(".stream-row:visible .stream-path")).to_have_text(["/before"])

    business.visited(Visit(paths=("/bread",), spent="12.50", minutes_ago=0.5))
    expect(owner.locator(".stream-row:visible")).to_have_count(3)
    assert sorted(rows(owner)) == ["/before", "/bread", "/thanks"]
    sale = owner.locator(".stream-row:visible").filter(has_text="Purchase")
    expect(sale.locator(".stream-value")).to_have_text("€12.50")

    owner.get_by_role("button", name="Pause").click()
    expect(owner.locator("[data-stream-state-text]")).to_have_text("Paused")
    business.visited(Visit(paths=("/while-1", "/while-2")))
    fresh = owner.get_by_role("button", name="Show 2 new")
    expect(fresh).to_be_visible()
    assert "/while-1" not in rows(owner)
    fresh.click()
    expect(owner.locator(".stream-row:visible")).to_have_count(5)
    assert {"/while-1", "/while-2"} <= set(rows(owner))

    owner.get_by_label("Kind of event").select_option("purchase")
    expect(owner.locator(".stream-row:visible")).to_have_count(1)
    with owner.expect_download() as download:
        owner.get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[2] for line in lines] == ["Event", "Purchase"]
    sale.click()
    sheet = owner.get_by_role("dialog", name="Purchase")
    expect(sheet).to_contain_text(f"{business.site.domains[0]}/thanks")
    expect(sheet.locator(".stream-visit li")).to_have_count(2)
    assert pages.sideways(owner) == 0


def test_a_list_that_lost_its_server_gets_what_it_missed(person: PEOPLE, business: Business) -> None:
    business.visited(Visit(paths=("/before",)))
    owner = person(business.owner)
    owner.goto(f"{business.site_page}live/")
    expect(owner.locator(".stream-row:visible")).to_have_count(1)

    business.house["web"].kill()
    expect(owner.locator("[data-stream-state-text]")).to_have_text("Connecting…")
    business.visited(Visit(paths=("/away-1", "/away-2")))
    business.house.start("web")

    expect(owner.locator(".stream-row:visible")).to_have_count(3)
    assert set(rows(owner)) == {"/before", "/away-1", "/away-2"}
    expect(owner.locator("[data-stream-notice]")).to_be_hidden()
