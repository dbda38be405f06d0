"""The visitor cookie: only after consent, where it reaches, how it goes away, how it crosses domains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.tracker.conftest import Visit
from tests.tracker.recorder import Recorder

DAY_SECONDS = 86_400
NAME = "ms_vid"


def visitor_cookies(context: BrowserContext) -> list[Any]:
    """The visitor cookies of every domain."""
    return [cookie for cookie in context.cookies() if cookie["name"] == NAME]


def test_nothing_is_stored_without_consent(recorder: Recorder, context: BrowserContext, visit: Visit) -> None:
    page = visit()

    page.evaluate("mainstay('track', 'done')")

    recorder.wait("done")
    assert context.cookies() == []
    assert page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]") == [[], []]


def test_consent_sets_one_cookie_for_thirteen_months(recorder: Recorder, context: BrowserContext, visit: Visit) -> None:
    page = visit()

    page.evaluate("mainstay('consent', true); mainstay('track', 'done')")

    (event,) = recorder.wait("done")
    (cookie,) = visitor_cookies(context)
    assert (event["vid"], event["consent"]) == (cookie["value"], True)
    assert (cookie["path"], cookie["sameSite"], cookie["httpOnly"]) == ("/", "Lax", False)
    assert cookie["expires"] - time.time() == pytest.approx(395 * DAY_SECONDS, abs=DAY_SECONDS / 24)


def test_saying_consent_again_changes_nothing(recorder: Recorder, context: BrowserContext, visit: Visit) -> None:
    page = visit(head="<script>addEventListener('load', () => mainstay('consent', true))</script>")
    (before,) = visitor_cookies(context)

    page.reload()
    page.evaluate("mainstay('track', 'done')")

    (event,) = recorder.wait("done")
    assert visitor_cookies(context) == [before]
    assert event["vid"] == before["value"]


def test_withdrawal_removes_the_cookie_and_holds_in_every_tab(
    recorder: Recorder, context: BrowserContext, visit: Visit
) -> None:
    recorder.config = {"consent": True}
    first, second = visit(path="/one", host="www.shop.example"), visit(path="/two", host="blog.shop.example")
    assert {event["vid"] for event in recorder.events} == {visitor_cookies(context)[0]["value"]}

    first.evaluate("mainstay('consent', false); mainstay('track', 'first')")
    second.evaluate("mainstay('track', 'second')")

    for name in ("first", "second"):
        (event,) = recorder.wait(name)
        assert event["consent"] is False
        assert "vid" not in event
    assert visitor_cookies(context) == []


@pytest.mark.parametrize(
    ("host", "domain", "secure"),
    [
        ("www.shop.example", ".shop.example", False),
        ("a.b.shop.co.uk", ".shop.co.uk", False),
        ("127.0.0.1", "127.0.0.1", True),
    ],
)
def test_cookie_stands_on_the_registrable_domain(
    recorder: Recorder, context: BrowserContext, visit: Visit, host: str, domain: str, secure: bool
) -> None:
    page = visit(host=host)

    page.evaluate("mainstay('consent', true); mainstay('track', 'done')")

    recorder.wait("done", consent=True)
    (cookie,) = visitor_cookies(context)
    assert (cookie["domain"], cookie["secure"]) == (domain, secure)


def test_another_domain_of_the_site_gets_the_same_visitor(
    recorder: Recorder, context: BrowserContext, visit: Visit, site: Callable
) -> None:
    recorder.config = {"domains": ["shop.example", "other.example"]}
    target = recorder.url("/pay?cart=7#top", "other.example")
    site(path="/pay")
    page = visit(f'<a href="{target}">pay</a>', host="www.shop.example")
    page.evaluate("mainstay('consent', true)")

    page.click("a")

    (view,) = recorder.wait("pageview", url=target.removesuffix("#top"))
    assert {cookie["domain"]: cookie["value"] for cookie in visitor_cookies(context)} == {
        ".shop.example": view["vid"],
        ".other.example": view["vid"],
    }
    page.wait_for_url(target)
    assert recorder.named("outbound") == []


def test_without_consent_nothing_is_given_along(recorder: Recorder, visit: Visit, site: Callable) -> None:
    recorder.config = {"domains": ["shop.example", "other.example"]}
    target = recorder.url("/pay", "other.example")
    site(path="/pay")
    page = visit(f'<a href="{target}">pay</a>', host="www.shop.example")

    page.click("a")

    (view,) = recorder.wait("pageview", url=target)
    assert "vid" not in view
    assert page.url == target


@pytest.mark.parametrize(
    ("domains", "age_seconds", "taken"),
    [(["other.example"], 5, True), (["other.example"], 600, False), ([], 5, False)],
)
def test_hand_over_that_is_old_or_not_asked_for_is_not_taken(
    recorder: Recorder, context: BrowserContext, site: Callable, domains: list[str], age_seconds: int, taken: bool
) -> None:
    recorder.config = {"domains": domains}
    site(path="/in")
    page = context.new_page()
    page.goto(recorder.url("/"))
    stamp = page.evaluate("(age) => (Date.now() - age * 1000).toString(36)", age_seconds)

    page.goto(recorder.url(f"/in?a=1&_ms=visitor-12345678.{stamp}&b=2", "other.example"))

    (view,) = recorder.wait("pageview")
    assert (view.get("vid") == "visitor-12345678") is taken
    assert view["url"].endswith("/in?a=1&b=2") is bool(domains)


@pytest.mark.parametrize("kept", ["", "&b=2"])
def test_address_is_clean_after_a_hand_over(
    recorder: Recorder, context: BrowserContext, site: Callable, kept: str
) -> None:
    recorder.config = {"domains": ["other.example"]}
    site(path="/in")
    page = context.new_page()

    page.goto(recorder.url(f"/in?_ms=visitor-12345678.x{kept}#part", "other.example"))

    recorder.wait("pageview")
    assert page.url == recorder.url("/in" + kept.replace("&", "?") + "#part", "other.example")
