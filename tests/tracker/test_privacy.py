"""Who is not counted at all: those who asked for it, and machines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.tracker.recorder import Recorder

COUNT_SENDING = """
    window.sent = [];
    for (const [owner, name] of [[window, "fetch"], [Navigator.prototype, "sendBeacon"]]) {
        const original = owner[name];
        owner[name] = function (...args) { window.sent.push(name); return original.apply(this, args); };
    }
"""
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', { value: '1' })"
IGNORE = "localStorage.mainstay_ignore = 'true'"


@pytest.fixture
def sends(recorder: Recorder, context: BrowserContext, site: Callable) -> Callable[[str], list[str]]:
    """Open a page, use it, let time pass, leave it; answers with every attempt to send anything."""

    def go(before: str) -> list[str]:
        site('<a href="https://elsewhere.example/" onclick="event.preventDefault()">away</a>')
        page: Page = context.new_page()
        page.add_init_script(COUNT_SENDING + before)
        page.clock.install()
        page.goto(recorder.url())
        page.click("a")
        page.evaluate("mainstay('consent', true); mainstay('track', 'done')")
        page.clock.run_for(10_000)
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
        assert page.evaluate("typeof mainstay") == "function"
        return page.evaluate("window.sent")

    return go


@pytest.mark.parametrize("wish", [GPC, DNT, IGNORE])
def test_nothing_is_sent_for_people_who_do_not_want_it(
    recorder: Recorder, context: BrowserContext, sends: Callable, wish: str
) -> None:
    assert sends(wish) == []

    assert recorder.deliveries == []
    assert context.cookies() == []


@pytest.mark.parametrize("wish", [GPC, DNT])
def test_site_that_does_not_follow_the_signal_counts(recorder: Recorder, sends: Callable, wish: str) -> None:
    recorder.config = {"gpc": False}

    assert "fetch" in sends(wish)

    recorder.wait("done")


def test_automated_browsers_are_counted_only_in_a_test(recorder: Recorder, sends: Callable) -> None:
    recorder.config = {"test": False}

    assert sends("") == []

    assert recorder.deliveries == []
