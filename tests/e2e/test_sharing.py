"""A shared link as somebody without an account meets it: behind its password, and in the frame of another site."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.analytics.models import SharedLink
from apps.core.tenancy import tenant
from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business, Visit

FRAME = '<!doctype html><title>Partner</title><iframe data-mainstay src="{src}" style="height: 300px"></iframe>'


def made(owner: Page, business: Business, name: str, **typed: str) -> str:
    """The owner makes a link by the form; its address."""
    owner.goto(f"{business.site_page}sharing/")
    form = owner.locator("#share-form")
    for field, text in {"name": name, **typed}.items():
        form.locator(f"[name={field}]").fill(text)
    form.get_by_role("button", name="Make link").click()
    expect(owner.get_by_role("heading", name=name)).to_be_visible()
    with tenant(business.organization.pk):
        return f"/shared/{SharedLink.objects.get(name=name).token}/"


def test_a_link_with_a_password_shows_the_owners_figures(person: PEOPLE, business: Business) -> None:
    business.visited(Visit(("/", "/bread"), "https://www.google.com/"), Visit(("/",)), Visit(("/",), country="US"))
    owner, guest = person(business.owner), person()
    path = made(owner, business, "Partner", password="rye-and-wheat")
    owner.goto(f"{business.site_page}?range=today")
    mine = pages.figures(owner, "Visitors", "Page views")

    guest.goto(f"{path}?range=today")
    expect(guest.get_by_label("Password")).to_be_visible()
    assert guest.locator(".kpi").count() == 0
    guest.get_by_label("Password").fill("rye-and-corn")
    guest.get_by_role("button", name="Open").click()
    expect(guest.get_by_text("That is not the password of this page.")).to_be_visible()
    guest.get_by_label("Password").fill("rye-and-wheat")
    guest.get_by_role("button", name="Open").click()

    expect(guest.locator(".kpi").first).to_be_visible()
    assert pages.figures(guest, "Visitors", "Page views") == mine == {"Visitors": "3", "Page views": "4"}
    assert guest.locator("a[href*='/o/']").count() == 0


class Partner(ThreadingHTTPServer):
    """A site of somebody else: one page, under whatever name it is asked for."""

    html = ""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Answer(BaseHTTPRequestHandler):
    server: Partner

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.html.encode())

    def log_message(self, *args: Any) -> None:  # type: ignore[override]
        """Say nothing."""


@pytest.fixture
def partner() -> Iterator[Partner]:
    with Partner(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_only_a_listed_site_may_frame_it(person: PEOPLE, business: Business, partner: Partner) -> None:
    business.visited(Visit(("/",)), Visit(("/",)))
    guest, owner = person(), person(business.owner)
    path = made(owner, business, "Page", embed_hosts=f"partner.example:{partner.port}")
    source = f"{business.house.url}{path}?range=today&embed=1&theme=dark"
    script = f'<script src="{business.house.url}/shared/embed.js"></script>'
    partner.html = FRAME.format(src=source.replace("&", "&amp;")) + script

    guest.goto(f"http://partner.example:{partner.port}/")
    frame = guest.frame_locator("iframe")
    expect(frame.locator(".kpi").filter(has_text="Visitors").locator(".kpi-value")).to_have_text("2")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    expect(guest.locator("iframe")).to_have_attribute("style", re.compile(r"height: [1-9]\d{3,}px"))

    guest.goto(f"http://stranger.example:{partner.port}/")
    expect(guest.locator("iframe")).to_be_attached()
    guest.wait_for_function("document.readyState === 'complete'")
    assert guest.frame_locator("iframe").locator(".kpi").count() == 0
    assert all("/shared/" not in inner.url for inner in guest.frames)
