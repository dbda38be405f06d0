"""An owner sends a site's events on to an address of her own, sees them arrive, and what happens when it fails."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.analytics.enums import BreakerState, DeliveryState
from apps.analytics.models import Delivery, Destination
from apps.core.tenancy import tenant
from tests.analytics.delivery.answers import Answer, Server
from tests.e2e.conftest import PEOPLE
from tests.e2e.pages import until
from tests.e2e.people import Business, Visit
from tests.house.house import House

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
def receiver(house: House) -> Iterator[Server]:
    """The owner's own server, and the process that delivers to it."""
    server = Server(house.receiver_port)
    if not house["deliverer"].is_alive:
        house.start("deliverer")  # and left to run: it starts slowly, and does nothing to sites without destinations
        until(lambda: "deliverer.started" in house["deliverer"].log.read_text(), "the deliverer", 120)
    yield server
    server.stop()


def arrived(server: Server, kind: str = "pageview") -> list[str]:
    """The addresses of the pages whose events arrived, in order."""
    return [body["data"]["url"] for body in server.bodies if body["type"] == kind and "test" not in body]


def is_signed(headers: dict[str, str], content: bytes) -> bool:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    wanted = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    return hmac.compare_digest(headers["webhook-signature"], wanted)


def add(owner: Page, business: Business, server: Server) -> None:
    """Add the webhook, from the list of destinations on."""
    owner.goto(f"{business.site_page}destinations/")
    owner.get_by_role("link", name="Add Webhook").click()
    owner.get_by_label("Name").fill("My warehouse")
    owner.get_by_label("Address").fill(server.url)
    owner.get_by_label("Signing secret", exact=True).fill(SECRET)
    owner.get_by_role("button", name="Add and test").click()
    expect(owner.get_by_text("My warehouse works.")).to_be_visible()


def states(business: Business) -> dict[str, int]:
    with tenant(business.organization.id):
        rows = list(Delivery.objects.values_list("state", flat=True))
    return {state: rows.count(state) for state in set(rows)}


def test_a_webhook_is_added_tried_paused_and_resumed(person: PEOPLE, business: Business, receiver: Server) -> None:
    owner, host = person(business.owner), f"https://{business.site.domains[0]}"
    add(owner, business, receiver)
    assert [body["type"] for body in receiver.bodies] == ["mainstay.test"]

    owner.get_by_role("link", name="Try it out").click()
    owner.get_by_role("button", name="Send now").click()
    expect(owner.get_by_role("status").filter(has_text="Taken.")).to_be_visible()
    expect(owner.get_by_text(f"POST {receiver.url}")).to_be_visible()
    expect(owner.get_by_text("What came back: 200")).to_be_visible()
    assert receiver.bodies[-1]["test"] is True
    assert SECRET not in owner.content()

    business.visited(Visit(("/bread",)))
    until(lambda: arrived(receiver) == [f"{host}/bread"], "the event has arrived")
    owner.get_by_role("link", name="Deliveries", exact=True).click()
    expect(owner.get_by_role("row").filter(has_text="pageview")).to_contain_text("Delivered")

    owner.get_by_role("button", name="Pause").click()
    expect(owner.get_by_text("Paused: no further events are collected for it.")).to_be_visible()
    business.visited(Visit(("/while-paused",)))
    assert states(business) == {DeliveryState.SENT: 1}
    owner.get_by_role("button", name="Resume").click()
    expect(owner.get_by_text("Delivering again.")).to_be_visible()
    business.visited(Visit(("/rolls",)))
    until(lambda: arrived(receiver) == [f"{host}/bread", f"{host}/rolls"], "the event after the pause")
    assert all(is_signed(headers, content) for headers, content in receiver.requests)


def fail(business: Business, server: Server, number: int) -> None:
    """Let so many events fail for good: the receiver is ill, and their three hours are over."""
    server.default = Answer(500)
    business.visited(Visit(tuple(f"/p{n}" for n in range(number))))
    with tenant(business.organization.id):
        waiting = Delivery.objects.filter(state=DeliveryState.WAITING)
        until(lambda: waiting.exclude(words="").exists(), "the first failure")
        now = timezone.now()
        waiting.update(expires_at=now, next_at=now)
        row = Destination.objects.filter(site=business.site)

        def all_dead() -> bool:
            row.update(breaker=BreakerState.CLOSED, failures=0, hold_until=None)
            waiting.filter(is_leased=False).update(next_at=now)
            return not waiting.exists()

        until(all_dead, "every event failed for good")
    server.default = Answer(200)
    server.bodies.clear()


def test_what_failed_is_sent_again_one_some_and_all(person: PEOPLE, business: Business, receiver: Server) -> None:
    owner, host = person(business.owner), f"https://{business.site.domains[0]}"
    add(owner, business, receiver)
    fail(business, receiver, 6)
    owner.get_by_role("link", name="Deliveries", exact=True).click()
    owner.get_by_role("link", name="Failed for good").click()
    rows = owner.get_by_role("row").filter(has_text="pageview")
    expect(rows).to_have_count(6)

    rows.first.get_by_role("link").click()
    owner.get_by_role("button", name="Send again").click()
    until(lambda: len(arrived(receiver)) == 1, "the one")

    owner.goto(f"{owner.url.partition('?')[0]}?state=dead")
    some = owner.get_by_role("button", name="Send the chosen again")
    expect(some).to_be_disabled()
    for number in (0, 1):
        rows.nth(number).get_by_role("checkbox").focus()
        owner.keyboard.press("Space")
    expect(owner.locator("[data-choose-count]")).to_have_text("2 events chosen")
    some.click()
    expect(owner.get_by_text("2 events are sent again.")).to_be_visible()
    until(lambda: len(arrived(receiver)) == 3, "some")

    phone = person(business.owner, **PHONE)
    phone.goto(owner.url)
    phone.get_by_label("All on this page").tap()
    expect(phone.locator("[data-choose-count]")).to_have_text("3 events chosen")
    phone.get_by_role("checkbox").nth(1).tap()
    expect(phone.locator("[data-choose-count]")).to_have_text("2 events chosen")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="Send all 3 failed events again").tap()
    expect(phone.get_by_text("3 events are sent again.")).to_be_visible()
    until(lambda: sorted(arrived(receiver)) == [f"{host}/p{n}" for n in range(6)], "all, once each")
    until(lambda: states(business) == {DeliveryState.SENT: 6}, "all are written down")
