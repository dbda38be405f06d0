"""What an owner changes about a site, and putting it away for good."""

from __future__ import annotations

import re
from dataclasses import replace

from playwright.sync_api import expect

from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import CompanyMode, ConsentMode
from apps.analytics.models import Site
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit
from tests.factories.analytics import SiteFactory


def settings_of(site: Site) -> SiteSettings:
    with tenant(site.organization_id):
        return Site.objects.get(pk=site.pk).options


def test_saving_changes_what_was_changed_and_nothing_else(person: PEOPLE, business: Business) -> None:
    # Everything but the defaults, so that whatever the page lost would show.
    before = SiteSettings(
        consent=ConsentMode.ON_CONSENT, companies=CompanyMode.OFF, gpc=True, spa=False, hash=True, outbound=False,
        downloads=False, forms=False, not_found=False, scroll=False, vitals=False, test=True,
        truncate_ip=True, ip_retention_days=7, keep_months=14, only_known_hosts=True, refused_hosts=("copy.example",),
    )
    business.site.settings = before.to_json()
    with tenant(business.organization.id):
        business.site.save()
    page = person(business.owner)
    page.goto(f"{business.site_page}settings/")

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Open pages pick it up within five minutes.")).to_be_visible()
    assert settings_of(business.site) == before

    page.get_by_label("Downloads").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Open pages pick it up within five minutes.")).to_be_visible()
    assert settings_of(business.site) == replace(before, downloads=True)


def test_a_site_is_deleted_by_typing_its_name(person: PEOPLE, business: Business) -> None:
    business.visited(Visit(("/", "/bread")))
    other, _third = (SiteFactory(organization=business.organization, name=name) for name in ("The stall", "The blog"))
    page = person(business.owner)
    page.goto(f"{business.site_page}settings/")
    page.get_by_role("button", name="Delete site").click()
    dialog = page.get_by_role("alertdialog", name="Delete this site?")
    button = dialog.get_by_role("button", name="Delete for good")

    expect(button).to_be_disabled()
    dialog.get_by_role("textbox").fill(business.site.name.upper())
    expect(button).to_be_disabled()
    dialog.get_by_role("textbox").fill(business.site.name)
    button.click()

    page.wait_for_url(re.compile(r"/traffic/$"))
    expect(page.get_by_text("The site and its figures are deleted.")).to_be_visible()
    expect(page.get_by_role("link", name=other.name).first).to_be_visible()
    assert page.get_by_role("link", name=business.site.name, exact=True).count() == 0
    answer = page.goto(business.site_page)
    assert answer is not None
    assert answer.status == 404
