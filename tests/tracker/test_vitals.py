"""Core Web Vitals, compared with what the browser itself reports on the same page."""

from __future__ import annotations

from math import floor

from tests.tracker.conftest import Visit
from tests.tracker.recorder import Recorder

WITNESS = """<script>
    window.seen = { shift: [], caused: [], input: [] };
    const own = (entry) => !entry.hadRecentInput || !seen.caused.push(entry.value);
    new PerformanceObserver((list) => seen.shift.push(...list.getEntries().filter(own).map((entry) => entry.value)))
        .observe({ type: "layout-shift", buffered: true });
    const input = (entry) => entry.interactionId && seen.input.push(entry.duration);
    new PerformanceObserver((list) => list.getEntries().forEach(input))
        .observe({ type: "event", buffered: true, durationThreshold: 16 });
</script>"""
PAGE = """<style>body { margin: 0 } h1 { font-size: 60px } #gap { height: 0 }</style>
<div id="gap"></div><h1>The largest thing on this page</h1><button>Slow</button>
<script>
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const later = (ms) => new Promise((done) => setTimeout(done, ms));
    window.shift = async () => {
        await frame(); gap.style.height = "100px"; await frame();
        await later(1100); gap.style.height = "120px"; await frame();
        await later(1100); gap.style.height = "140px"; await frame();
    };
    document.querySelector("button").onclick = () => {
        const end = performance.now() + 120;
        while (performance.now() < end);
        gap.style.height = "400px";
    };
</script>"""
HIDE = """() => {
    Object.defineProperty(document, "hidden", { configurable: true, value: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


def test_vitals_are_told_once_when_the_page_is_first_hidden(recorder: Recorder, visit: Visit) -> None:
    page = visit(PAGE, head=WITNESS)
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    page.evaluate("shift()")
    page.wait_for_function("seen.shift.length >= 3")
    page.click("button")
    page.wait_for_function("seen.input.length > 0 && seen.caused.length > 0")
    page.evaluate("history.pushState({}, '', '/later')")

    page.evaluate(HIDE)
    (event,) = recorder.wait("vitals")
    page.evaluate(HIDE)
    page.evaluate("mainstay('track', 'done')")
    recorder.wait("done")

    vitals = event["vitals"]
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    first_byte = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    shifts, inputs = page.evaluate("[seen.shift, seen.input]")
    assert event["url"] == recorder.url("/")
    assert vitals["fcp"] == floor(paint + 0.5)  # as JavaScript rounds
    assert vitals["ttfb"] == floor(first_byte + 0.5)
    assert vitals["lcp"] >= vitals["fcp"] > vitals["ttfb"]
    assert vitals["cls"] == max(shifts) > sum(shifts) - max(shifts)
    assert vitals["inp"] == max(inputs) >= 120
    assert len(recorder.named("vitals")) == 1


def test_still_page_without_input_has_no_shift_and_no_interaction(recorder: Recorder, visit: Visit) -> None:
    page = visit("<h1>Still</h1>")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")

    page.goto("about:blank")

    (event,) = recorder.wait("vitals")
    assert event["vitals"]["cls"] == 0
    assert "inp" not in event["vitals"]


def test_vitals_can_be_switched_off(recorder: Recorder, visit: Visit) -> None:
    recorder.config = {"vitals": False}
    page = visit()

    page.evaluate(HIDE)
    page.evaluate("mainstay('track', 'done')")

    recorder.wait("done")
    assert recorder.named("vitals") == []
