"""How long a person was really there, how far they read, and that no second is told twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.tracker.recorder import Recorder

TALL = "<style>body { margin: 0 }</style><div style='height: 3000px'>Long</div>"
ATTENTION = """
    window.attend = (shown, focused = shown) => {
        Object.defineProperty(document, "hidden", { configurable: true, value: !shown });
        document.hasFocus = () => focused;
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
        window.dispatchEvent(new Event(focused ? "focus" : "blur"));
    };
"""
Watch = Callable[..., Page]


@pytest.fixture
def watch(recorder: Recorder, context: BrowserContext, site: Callable[..., None]) -> Watch:
    """Open a page whose clock stands still until the test moves it."""

    def go(body: str = TALL, **options: object) -> Page:
        site(body, **options)
        page = context.new_page()
        page.clock.install(time=1_800_000_000)
        page.clock.pause_at(1_800_000_001)
        page.add_init_script(ATTENTION)
        page.goto(recorder.url())
        page.clock.run_for(1000)
        recorder.wait("pageview")
        return page

    return go


def test_leave_carries_the_seconds_and_the_depth(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.evaluate("scrollTo(0, 1200)")
    page.wait_for_function("scrollY === 1200")
    page.clock.run_for(9000)

    page.evaluate("attend(false)")

    (leave,) = recorder.wait("leave")
    assert (leave["url"], leave["eng"], leave["scroll"]) == (recorder.url("/"), 10_000, 60)


def test_time_away_does_not_count_and_each_leave_tells_only_what_is_new(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.clock.run_for(3000)
    page.evaluate("attend(false)")
    recorder.wait("leave")
    page.clock.run_for(20_000)
    page.evaluate("attend(true)")
    page.clock.run_for(5000)

    page.goto("about:blank")

    recorder.wait("leave", 2)
    assert [leave["eng"] for leave in recorder.named("leave")] == [4000, 5000]


def test_hidden_page_does_not_count_even_where_the_browser_leaves_it_the_focus(
    recorder: Recorder, watch: Watch
) -> None:
    page = watch()
    page.evaluate("attend(false, true)")
    recorder.wait("leave")
    page.clock.run_for(20_000)
    page.evaluate("attend(true)")
    page.clock.run_for(2000)

    page.evaluate("attend(false)")

    recorder.wait("leave", 2)
    assert [leave["eng"] for leave in recorder.named("leave")] == [1000, 2000]


def test_time_in_the_back_forward_cache_does_not_count(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    recorder.wait("leave")
    page.clock.run_for(30_000)
    page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); dispatchEvent(new Event('focus'))"
    )
    page.clock.run_for(3000)

    page.evaluate("attend(false)")

    recorder.wait("leave", 2)
    assert [leave["eng"] for leave in recorder.named("leave")] == [1000, 3000]
    assert len(recorder.named("pageview")) == 2


def test_visible_page_without_focus_does_not_count(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.evaluate("attend(true, false)")
    page.clock.run_for(30_000)
    page.evaluate("attend(true, true)")
    page.clock.run_for(2000)

    page.evaluate("attend(false)")

    (leave,) = recorder.wait("leave")
    assert leave["eng"] == 3000


def test_person_who_walked_away_counts_for_a_minute(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.clock.run_for(600_000)
    page.keyboard.press("ArrowDown")
    page.clock.run_for(2000)

    page.evaluate("attend(false)")

    (leave,) = recorder.wait("leave")
    assert leave["eng"] == 62_000


def test_single_page_site_tells_each_view_its_own_time(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.clock.run_for(2000)
    page.evaluate("scrollTo(0, 2400)")
    page.wait_for_function("scrollY === 2400")
    page.evaluate("history.pushState({}, '', '/two'); scrollTo(0, 0)")
    page.wait_for_function("scrollY === 0")
    page.clock.run_for(7000)

    page.evaluate("attend(false)")

    recorder.wait("leave", 2)
    told = [(leave["url"], leave["eng"]) for leave in recorder.named("leave")]
    assert told == [(recorder.url("/"), 3000), (recorder.url("/two"), 7000)]
    assert recorder.named("leave")[0]["scroll"] == 100


def test_closing_the_tab_sends_the_rest(recorder: Recorder, watch: Watch) -> None:
    page = watch()
    page.evaluate("mainstay('track', 'last words')")
    page.clock.run_for(500)

    page.close(run_before_unload=True)

    (leave,) = recorder.wait("leave")
    assert leave["eng"] == 1500
    assert len(recorder.named("last words")) == 1


def test_depth_is_left_out_when_the_site_does_not_ask_for_it(recorder: Recorder, watch: Watch) -> None:
    recorder.config = {"scroll": False}
    page = watch()

    page.evaluate("attend(false)")

    (leave,) = recorder.wait("leave")
    assert leave["eng"] == 1000
    assert "scroll" not in leave
