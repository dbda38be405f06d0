"""An owner makes a goal and a funnel, sees their figures, and sends the page to a colleague."""

from __future__ import annotations

from playwright.sync_api import expect

from apps.accounts.enums import Role
from apps.analytics.models import Goal
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit, member


def test_a_goal_and_a_funnel_are_made_and_shared(person: PEOPLE, business: Business) -> None:
    business.visited(Visit(("/", "/bread"), spent="12.50"), Visit(("/", "/rolls")), Visit(("/bread",)))
    owner = person(business.owner)
    owner.goto(f"{business.site_page}goals/?range=today")

    owner.get_by_role("link", name="Add your first goal").click()
    owner.get_by_label("Name").fill("Bread looked at")
    owner.get_by_label("Page or event").fill("/bread")
    expect(owner.locator("#goal-preview")).to_contain_text("2 times")
    owner.get_by_role("button", name="Save").click()
    row = owner.get_by_role("row").filter(has_text="Bread looked at")
    expect(row).to_be_visible()
    owner.goto(f"{business.site_page}goals/?range=today")
    expect(row.locator("td").nth(1)).to_have_text("2")
    expect(row.locator("td").nth(2)).to_have_text("67%")

    owner.get_by_role("link", name="Funnels", exact=True).click()
    owner.get_by_role("link", name="Add your first funnel").click()
    owner.get_by_label("Name").fill("To the bread")
    first, second = owner.get_by_role("group", name="Step 1"), owner.get_by_role("group", name="Step 2")
    first.get_by_label("Page or event").fill("/")
    second.get_by_label("Page or event").fill("/bread")
    owner.keyboard.press("Enter")
    expect(owner.locator(".funnel-table tbody tr")).to_have_count(2)
    owner.goto(f"{owner.url.partition('?')[0]}?range=today&f=goal:is:{_goal(business)}")
    steps = owner.locator(".funnel-table tbody tr")
    expect(steps.nth(1).locator("td").first).to_have_text("1")
    expect(owner.locator("#funnel-by table")).to_be_visible()

    colleague = person(member(business.organization, business.site.script_id, Role.VIEWER))
    colleague.goto(owner.url)
    expect(colleague.locator(".filter-bar .chip")).to_contain_text("Bread looked at")
    expect(colleague.locator(".funnel-table tbody tr").nth(1).locator("td").first).to_have_text("1")
    expect(colleague.get_by_role("link", name="New funnel")).to_have_count(0)


def _goal(business: Business) -> int:
    with tenant(business.organization.id):
        return int(Goal.objects.get().pk)
