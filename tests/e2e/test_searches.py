"""An owner connects Search Console, says which property the site is, and sees what people search for."""

from __future__ import annotations

from playwright.sync_api import expect

from apps.accounts.enums import Role
from apps.core import sync
from apps.core.models import Connection
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, member

DAYS = 12


def test_from_connecting_to_the_terms(person: PEOPLE, business: Business) -> None:
    owner = person(business.owner)
    owner.goto(f"{business.site_page}searches/")
    expect(owner.get_by_text("The words people search for when they find you")).to_be_visible()

    owner.get_by_role("button", name="Connect Demo of Search Console").click()
    expect(owner.get_by_role("radio").nth(1)).to_be_disabled()
    expect(owner.get_by_role("radio").first).to_be_checked()
    owner.get_by_role("button", name="Use this property").click()
    expect(owner.get_by_text("The first figures are being read")).to_be_visible()
    _read(business)
    rows = owner.locator("#searches .data-table tbody tr")
    expect(rows).to_have_count(10)  # the page asked by itself
    expect(owner.get_by_text("as Google counts, in days of Pacific time")).to_be_visible()

    owner.get_by_label("Search in these").fill("opening")
    owner.get_by_label("Search in these").press("Enter")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("opening hours")
    owner.get_by_role("link", name="Countries").click()
    expect(rows.first).to_contain_text("Germany")
    owner.get_by_role("link", name="Position", exact=True).click()
    expect(owner.locator("th[aria-sort=ascending]")).to_have_text("Position")

    owner.get_by_role("link", name="Pages", exact=True).click()
    rows.first.get_by_role("link").press("Enter")
    pairs = owner.locator("#search-pairs tbody tr")
    expect(pairs).to_have_count(10)  # asked when somebody looked
    expect(owner.get_by_text("Google tells the words of searches behind")).to_be_visible()
    pairs.first.get_by_role("link").click()
    expect(owner.get_by_text("To which pages does this search lead?")).to_be_visible()
    expect(pairs).to_have_count(1)
    owner.get_by_role("link", name="Google searches").first.click()

    colleague = person(member(business.organization, business.site.script_id, Role.VIEWER))
    colleague.goto(owner.url)
    expect(colleague.locator("#searches .data-table tbody tr").first).to_be_visible()
    expect(colleague.get_by_text("Disconnect", exact=True)).to_have_count(0)


def _read(business: Business) -> None:
    """What the schedule does within seconds."""
    with tenant(business.organization.id):
        row = Connection.objects.get(kind="search_console")
        Connection.objects.filter(pk=row.pk).update(config={**row.config, "days": DAYS})
        assert sync.run(row.pk) is sync.End.DONE
