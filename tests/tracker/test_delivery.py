"""Nothing is lost and nothing counts twice: batches, refusals, no network, pages that go away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.tracker.conftest import Visit
from tests.tracker.recorder import Recorder

KEPT = "JSON.parse(localStorage.mainstay_queue || '[]')"
Still = Callable[..., Page]


@pytest.fixture
def still(recorder: Recorder, context: BrowserContext, site: Callable) -> Still:
    """Open a page whose clock stands still until the test moves it; its view was delivered."""

    def go() -> Page:
        site()
        page = context.new_page()
        page.clock.install(time=1_800_000_000)
        page.clock.pause_at(1_800_000_001)
        page.goto(recorder.url())
        page.clock.run_for(1000)
        recorder.wait("pageview")
        return page

    return go


def keeps(page: Page, count: int) -> None:
    """Wait until the page has put this many events aside."""
    page.wait_for_function(f"{KEPT}.length === {count}", polling=20)


def test_ten_events_go_at_once_and_fewer_after_a_second_of_quiet(recorder: Recorder, still: Still) -> None:
    page = still()

    page.evaluate("for (let n = 0; n < 10; n++) mainstay('track', 'ten', { n })")
    page.clock.run_for(1)
    recorder.wait("ten", 10)
    assert len(recorder.deliveries) == 2

    page.evaluate("mainstay('track', 'few')")
    page.clock.run_for(999)
    page.evaluate("mainstay('track', 'few')")
    page.clock.run_for(999)
    assert recorder.named("few") == []
    page.clock.run_for(1)
    recorder.wait("few", 2)
    assert len(recorder.deliveries) == 3


def test_server_error_is_tried_again_until_it_works(recorder: Recorder, visit: Visit) -> None:
    recorder.fail(503, times=2)
    page = visit()
    page.evaluate("mainstay('track', 'during')")

    recorder.wait("during")

    assert [delivery.status for delivery in recorder.deliveries[:3]] == [503, 503, 202]
    assert Counter(event["name"] for event in recorder.events) == {"pageview": 1, "during": 1}
    first_try, accepted = recorder.deliveries[0].body, recorder.deliveries[2].body
    assert accepted["events"][0]["id"] == first_try["events"][0]["id"]
    assert accepted["events"][0]["ts"] == first_try["events"][0]["ts"]
    assert accepted["sent"] > first_try["sent"]
    keeps(page, 0)


def test_waits_grow(recorder: Recorder, still: Still) -> None:
    page = still()
    recorder.fail(500, times=3)
    page.evaluate("Math.random = () => 0; mainstay('track', 'patient')")
    page.clock.run_for(1000)

    for wait in (1000, 2000, 4000):
        keeps(page, 1)
        tries = len(recorder.deliveries)
        page.clock.run_for(wait - 1)
        keeps(page, 1)
        assert len(recorder.deliveries) == tries
        page.clock.run_for(1)

    recorder.wait("patient")


def test_retry_after_is_honoured(recorder: Recorder, still: Still) -> None:
    page = still()
    recorder.fail(429, Retry_After="30")
    page.evaluate("mainstay('track', 'slow')")
    page.clock.run_for(1000)
    keeps(page, 1)

    page.evaluate("mainstay('track', 'later')")
    page.clock.run_for(29_000)
    keeps(page, 2)
    assert len(recorder.deliveries) == 2
    page.clock.run_for(1000)

    recorder.wait("later")
    assert [event["name"] for event in recorder.deliveries[-1].body["events"]] == ["slow", "later"]


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_refused_events_are_dropped(recorder: Recorder, visit: Visit, status: int) -> None:
    page = visit()
    recorder.fail(status)
    page.evaluate("mainstay('track', 'bad')")
    recorder.wait_until(lambda: len(recorder.deliveries) == 2, "the refusal")

    page.evaluate("mainstay('track', 'good')")

    recorder.wait("good")
    assert [event["name"] for event in recorder.events] == ["pageview", "good"]
    keeps(page, 0)


def test_offline_events_arrive_with_their_own_time_when_back(
    recorder: Recorder, context: BrowserContext, visit: Visit
) -> None:
    page = visit()
    context.set_offline(True)
    before = page.evaluate("Date.now()")
    page.evaluate("mainstay('track', 'offline', { n: 1 }); mainstay('track', 'offline', { n: 2 })")
    keeps(page, 2)
    after = page.evaluate("Date.now()")

    context.set_offline(False)

    recorder.wait("offline", 2)
    assert [event["props"]["n"] for event in recorder.named("offline")] == [1, 2]
    assert all(before <= event["ts"] <= after for event in recorder.named("offline"))
    assert len({event["id"] for event in recorder.events}) == len(recorder.events) == 3
    keeps(page, 0)


def test_page_closed_offline_leaves_its_events_to_the_next_one(
    recorder: Recorder, context: BrowserContext, visit: Visit
) -> None:
    page = visit(path="/one")
    context.set_offline(True)
    page.evaluate("mainstay('track', 'offline'); dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert "offline" in [event["name"] for event in page.evaluate(KEPT)]
    page.close()
    context.set_offline(False)

    visit(path="/two")

    (event,) = recorder.wait("offline")
    assert event["url"] == recorder.url("/one")


def test_kept_events_are_bounded_and_the_newest_stay(recorder: Recorder, context: BrowserContext, visit: Visit) -> None:
    page = visit()
    context.set_offline(True)

    page.evaluate("for (let n = 0; n < 300; n++) mainstay('track', 'many', { n })")
    page.wait_for_function(f"{KEPT}.some((event) => event.props.n === 299)", polling=20)
    kept = page.evaluate(KEPT)
    page.evaluate("for (let n = 0; n < 9; n++) mainstay('track', 'big', { text: 'x'.repeat(30000) })")
    page.wait_for_function(f"{KEPT}.at(-1).name === 'big'", polling=20)

    assert len(kept) == 200
    assert len(page.evaluate("localStorage.mainstay_queue")) <= 100_000
    assert [event["name"] for event in page.evaluate(KEPT)] == ["big"] * 3


def test_events_on_their_way_when_the_page_goes_are_sent_again_with_the_same_id(
    recorder: Recorder, visit: Visit, site: Callable
) -> None:
    site(path="/two")
    page = visit(path="/one")
    held = recorder.hold()
    page.evaluate("mainstay('track', 'held')")
    recorder.wait_until(lambda: len(recorder.deliveries) == 2, "the delivery without an answer")

    page.goto(recorder.url("/two"))

    (event,) = recorder.wait("held")
    held.set()
    recorder.wait_until(lambda: 503 in [delivery.status for delivery in recorder.deliveries], "the late refusal")
    assert [event["name"] for event in recorder.events].count("held") == 1
    assert event["id"] == recorder.deliveries[1].body["events"][0]["id"]
    assert event["url"] == recorder.url("/one")


def test_events_kept_when_the_page_went_are_not_kept_again_when_it_comes_back(recorder: Recorder, visit: Visit) -> None:
    page = visit()
    held = recorder.hold()
    page.evaluate("mainstay('track', 'held')")
    recorder.wait_until(lambda: len(recorder.deliveries) == 2, "the delivery without an answer")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert page.evaluate(KEPT)[-1]["name"] == "held"

    held.set()

    recorder.wait("held")
    assert [event["name"] for event in recorder.events].count("held") == 1


def test_page_that_is_being_closed_leaves_kept_events_alone(
    recorder: Recorder, context: BrowserContext, visit: Visit
) -> None:
    page = visit()
    context.set_offline(True)
    page.evaluate("mainstay('track', 'offline'); dispatchEvent(new PageTransitionEvent('pagehide'))")
    kept = page.evaluate(KEPT)

    kept_then = page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { configurable: true, value: true });
            dispatchEvent(new Event("online"));
            return JSON.parse(localStorage.mainstay_queue || "[]");
        }"""
    )

    assert "offline" in [event["name"] for event in kept]
    assert kept_then == kept


def test_browser_without_storage_loses_nothing_while_the_page_lives(
    recorder: Recorder, context: BrowserContext, visit: Visit
) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    page = visit()
    context.set_offline(True)
    page.evaluate(
        """() => new Promise((tried) => {
            const original = window.fetch;
            window.fetch = (...args) => {
                const answer = original(...args);
                answer.catch(() => setTimeout(tried));
                return answer;
            };
            mainstay("track", "offline");
        })"""
    )

    context.set_offline(False)

    recorder.wait("offline")
    assert len({event["id"] for event in recorder.events}) == len(recorder.events)


def test_broken_storage_is_repaired(recorder: Recorder, context: BrowserContext, visit: Visit) -> None:
    context.add_init_script("if (location.port) localStorage.mainstay_queue = localStorage.mainstay_queue || '{broken'")

    page = visit()

    keeps(page, 0)


def test_collector_out_of_reach_does_not_disturb_the_page(
    recorder: Recorder, context: BrowserContext, site: Callable
) -> None:
    recorder.config = {"endpoint": "http://127.0.0.1:1/api/track"}
    site("<button onclick='this.textContent = 1'>0</button>")
    page = context.new_page()
    page.goto(recorder.url())

    page.click("button")
    keeps(page, 1)

    assert page.text_content("button") == "1"


def test_content_security_policy_that_forbids_sending_does_not_disturb_the_page(
    recorder: Recorder, context: BrowserContext, site: Callable
) -> None:
    site("<p>Hello</p>", **{"Content-Security-Policy": "connect-src 'none'"})
    page = context.new_page()
    page.goto(recorder.url())

    keeps(page, 1)

    assert page.evaluate(KEPT)[0]["name"] == "pageview"
    assert recorder.deliveries == []
