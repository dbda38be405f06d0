"""Page views: with page loads, without them, back and forward, in several tabs."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext

from tests.tracker.conftest import Visit
from tests.tracker.recorder import Recorder


def test_page_view_says_what_was_seen_and_by_which_browser(recorder: Recorder, visit: Visit) -> None:
    before = time.time() * 1000

    visit(path="/offers", title="Offers", host="127.0.0.1")

    (view,) = recorder.named("pageview")
    assert view["url"] == recorder.url("/offers")
    assert (view["title"], view["ref"], view["site"]) == ("Offers", "", "abcdef123456")
    assert (view["sw"], view["sh"]) == (800, 600)
    assert (view["lang"], view["tz"]) == ("de-DE", "Europe/Berlin")
    assert (view["consent"], view["test"]) == (False, True)
    assert "vid" not in view
    assert "uid" not in view
    assert before <= view["ts"] <= view["sent"] <= time.time() * 1000
    assert len(view["id"]) == 36
    assert recorder.deliveries[0].content_type.startswith("text/plain")


def test_pages_of_a_multi_page_site_are_counted_once_each(recorder: Recorder, visit: Visit, site: Callable) -> None:
    site(path="/two", title="Two")
    page = visit('<a href="/two">next</a>', title="One")

    page.click("a")

    (second,) = recorder.wait("pageview", url=recorder.url("/two"))
    assert second["ref"] == recorder.url("/")
    assert [view["title"] for view in recorder.named("pageview")] == ["One", "Two"]


def test_single_page_site_counts_each_new_address_once(recorder: Recorder, visit: Visit) -> None:
    page = visit(path="/app")

    page.evaluate(
        """() => {
            history.pushState({}, "", "/app/one");
            document.title = "One";
            history.replaceState({ same: true }, "", "/app/one");
            history.pushState({}, "", "/app/two?x=1#part");
            history.pushState({}, "", "/app/two?x=1#other");
            document.title = "Two";
        }"""
    )
    recorder.wait("pageview", url=recorder.url("/app/two?x=1"))
    page.evaluate("history.go(-2)")

    recorder.wait("pageview", 4)
    paths = [view["url"].removeprefix(recorder.url("")) for view in recorder.named("pageview")]
    assert paths == ["/app", "/app/one", "/app/two?x=1", "/app/one"]
    assert [view["ref"].removeprefix(recorder.url("")) for view in recorder.named("pageview")] == ["", *paths[:-1]]
    assert recorder.named("pageview")[2]["title"] == "Two"


def test_single_page_mode_off_counts_page_loads_only(recorder: Recorder, visit: Visit) -> None:
    recorder.config = {"spa": False}
    page = visit()

    page.evaluate("history.pushState({}, '', '/elsewhere'); mainstay('track', 'done')")

    recorder.wait("done")
    assert len(recorder.named("pageview")) == 1


def test_hash_mode_counts_fragments(recorder: Recorder, visit: Visit) -> None:
    recorder.config = {"hash": True}
    page = visit('<a href="#/cart">cart</a>')

    page.click("a")

    (view,) = recorder.wait("pageview", url=recorder.url("/#/cart"))
    assert view["ref"] == recorder.url("/")


def test_page_can_count_a_view_by_itself(recorder: Recorder, visit: Visit) -> None:
    page = visit()

    page.evaluate("mainstay('pageview')")

    recorder.wait("pageview", 2, url=recorder.url("/"))


def test_page_restored_from_the_back_forward_cache_is_a_new_view(
    recorder: Recorder, visit: Visit, site: Callable
) -> None:
    site(path="/two")
    page = visit('<a href="/two">next</a>')
    page.evaluate("window.alive = true; addEventListener('pageshow', (event) => { window.restored = event.persisted })")
    page.click("a")
    recorder.wait("pageview", url=recorder.url("/two"))

    page.go_back(wait_until="commit")

    recorder.wait("pageview", 2, url=recorder.url("/"))
    assert page.evaluate("[window.alive, window.restored]") == [True, True]
    assert [view["url"] for view in recorder.named("pageview")] == [recorder.url(path) for path in ("/", "/two", "/")]


def test_two_tabs_are_counted_apart(recorder: Recorder, visit: Visit) -> None:
    first = visit(path="/one")
    second = visit(path="/two")

    first.evaluate("mainstay('track', 'from', { tab: 1 })")
    second.evaluate("mainstay('track', 'from', { tab: 2 })")

    recorder.wait("from", 2)
    assert {(event["url"], event["props"]["tab"]) for event in recorder.named("from")} == {
        (recorder.url("/one"), 1),
        (recorder.url("/two"), 2),
    }
    assert len({event["id"] for event in recorder.events}) == len(recorder.events)


def test_prerendered_page_is_counted_when_it_is_shown(
    recorder: Recorder, context: BrowserContext, site: Callable
) -> None:
    site(
        head="""<script>
            Object.defineProperty(document, "prerendering", { configurable: true, value: true });
        </script>"""
    )
    page = context.new_page()
    page.goto(recorder.url())
    page.evaluate("mainstay('track', 'early')")

    page.evaluate(
        """() => {
            window.untouched = navigator.sendBeacon("/api/track", JSON.stringify({ events: [{ name: "probe" }] }));
        }"""
    )
    recorder.wait("probe")
    assert [event["name"] for event in recorder.events] == ["probe"]
    page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))")

    recorder.wait("early")
    assert [event["name"] for event in recorder.events] == ["probe", "pageview", "early"]


def test_snippet_that_is_there_twice_counts_once(recorder: Recorder, visit: Visit) -> None:
    snippet = f'<script defer src="{recorder.url("/t.js")}"></script>' * 2
    page = visit(snippet=snippet)

    page.evaluate("history.pushState({}, '', '/next'); mainstay('track', 'done')")

    recorder.wait("done")
    assert [event["name"] for event in recorder.events if event["name"] != "leave"] == ["pageview", "pageview", "done"]
