"""An owner reads what is wrong with a site's data, and turns a stranger's host away with a click."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import expect

from apps.analytics.models import Event, Inbox
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.pages import until
from tests.e2e.people import Business, Visit
from tests.factories.accounts import ApiKeyFactory


def send(business: Business, *events: dict[str, Any]) -> None:
    """Send events as the owner's server would, and wait until they are counted or left out."""
    key = ApiKeyFactory(organization=business.organization, scopes=["track"])
    httpx.post(
        f"{business.house.collector_url}/api/track", headers={"Authorization": f"Bearer {key.raw}"}, timeout=15,
        json={"site": business.site.script_id, "events": list(events)},
    )
    until(lambda: not Inbox.objects.exists(), "everything is counted")


WHO = {"ip": "217.91.4.200", "ua": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
COPIED = [WHO | {"name": "pageview", "url": f"https://copy.example/{n}"} for n in range(6)]


def doubtful(business: Business) -> None:
    """A week's events, some of which have something wrong with them."""
    business.visited(*[Visit(("/", "/bread")) for _ in range(24)])
    own = f"https://{business.site.domains[0]}"
    unpaid = [WHO | {"name": "purchase", "url": f"{own}/paid", "order_id": f"{business.site.script_id}-{n}"}
              for n in range(4)]
    send(business, *COPIED, *unpaid, {"name": 5, "url": own})


def test_reasons_are_counted_and_a_host_is_refused(person: PEOPLE, business: Business) -> None:
    doubtful(business)
    owner = person(business.owner)
    owner.goto(f"{business.site_page}quality/")

    expect(owner.locator("[data-score]")).not_to_have_text("–")
    bought = owner.locator("[data-part=purchases]")
    expect(bought).to_contain_text("4 of 4 purchases")
    expect(bought).to_contain_text("Send all three with each purchase")
    expect(owner.locator("[data-part=hosts]")).to_contain_text("6 of 58 events")
    reasons = owner.locator("#reasons").get_by_role("row")
    expect(reasons.filter(has_text="A purchase without a value")).to_contain_text("4")

    def told() -> bool:
        owner.reload()
        return reasons.filter(has_text="The event has no name").count() == 1

    until(told, "what the collector refused: it tells of that every five seconds")
    owner.get_by_role("button", name="Refuse copy.example").click()
    expect(owner.get_by_text("Nothing from copy.example is counted any more.")).to_be_visible()
    expect(owner.locator("#hosts")).to_contain_text("Refused")

    def refused() -> bool:
        send(business, COPIED[0])
        owner.reload()
        return reasons.filter(has_text="From a host you refuse").count() == 1

    with tenant(business.organization.id):
        until(refused, "events of the host are left out")
        before = Event.objects.filter(site=business.site).count()
        send(business, COPIED[1])
        assert Event.objects.filter(site=business.site).count() == before

    owner.get_by_role("button", name="Count again copy.example").click()
    expect(owner.get_by_role("button", name="It is mine copy.example")).to_be_visible()
    owner.get_by_role("button", name="It is mine copy.example").click()
    expect(owner.get_by_text("copy.example is one of this site's addresses now.")).to_be_visible()
    expect(owner.locator("#hosts")).to_contain_text("Every event came from one of your addresses")
