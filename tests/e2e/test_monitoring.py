"""An owner watches how events become figures, and tries again what went wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apps.analytics.enums import DeliveryState, Origin
from apps.analytics.models import DeadLetter, Delivery, Destination
from apps.core.models import Connection
from apps.core.tenancy import tenant
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import AGENT, Business, Visit


def card(page: Page, label: str) -> Locator:
    """The value of the card of that name."""
    return page.locator(".kpi").filter(has_text=label).locator(".kpi-value").first


def broken_events(business: Business, number: int) -> None:
    """What the pipeline could not digest, as it keeps it; mended since."""
    now = timezone.now()
    events = [{"name": "pageview", "url": f"https://{business.site.domains[0]}/mended{n}"} for n in range(number)]
    for event in events:
        DeadLetter.objects.create(
            site_id=business.site.id, reason="DataError", detail="mended", received_at=now, failed_at=now,
            origin=int(Origin.BROWSER), ua=AGENT.format(140), raw=orjson.dumps([event]),
        )


def failed_delivery(business: Business, **facts: Any) -> Delivery:
    """An event that a destination did not take."""
    now = timezone.now() - timedelta(minutes=5)
    with tenant(business.organization.id):
        account = Connection.objects.create(kind="destination", provider="fake", name="Ads", config={"box": "x"})
        row = Destination.objects.create(site=business.site, connection=account, name="Ads", events={"*": "*"})
        return Delivery.objects.create(
            destination=row, event_id="lost", name="purchase", sent_as="Purchase", at=now, payload={"id": "lost"},
            state=DeliveryState.DEAD, words="The amount is missing.", attempts=2, finished_at=now, **facts,
        )


def test_figures_move_and_errors_are_tried_again(person: PEOPLE, business: Business) -> None:
    owner = person(business.owner)
    owner.goto(f"{business.home}monitoring/")
    expect(card(owner, "Received")).to_have_text("0")
    business.visited(Visit(("/", "/bread")), Visit(("/",)))
    expect(card(owner, "Received")).to_have_text("3")
    expect(card(owner, "Half counted within")).not_to_have_text("–")
    expect(owner.get_by_text("All is well: everything that arrives is counted.")).to_be_visible()

    broken_events(business, 2)
    lost = failed_delivery(business)
    owner.get_by_role("link", name="Open the error log").click()
    rows = owner.locator("tbody tr")
    expect(rows).to_have_count(3)
    owner.get_by_label("Kind").select_option(label="Could not be sent on")
    owner.get_by_role("button", name="Filter").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("The amount is missing.")
    rows.get_by_role("button", name="Send again").click()
    expect(owner.get_by_text("1 event is tried again.")).to_be_visible()
    with tenant(business.organization.id):
        assert Delivery.objects.get(pk=lost.pk).state in {DeliveryState.WAITING, DeliveryState.SENT}

    owner.goto(f"{business.home}monitoring/errors/")
    owner.get_by_label("All on this page").check()
    expect(owner.locator("[data-choose-count]")).to_have_text("2 events chosen")
    owner.get_by_role("button", name="Try the chosen again").click()
    expect(owner.get_by_text("2 events are tried again.")).to_be_visible()
    expect(owner.get_by_text("Nothing waits for you")).to_be_visible()
    owner.goto(f"{business.home}monitoring/")
    expect(card(owner, "Received")).to_have_text("5")
    owner.goto(f"{business.home}monitoring/errors/?state=settled")
    expect(rows.filter(has_text="Taken in again")).to_have_count(2)
