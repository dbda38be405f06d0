"""200 events a second on the live list: how busy the page is, and whether it shows all of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import CDPSession, sync_playwright

from apps.accounts.models import Organization, User
from tests.benchmarks.test_live import House, signed_in
from tests.factories.accounts import ApiKeyFactory
from tests.factories.analytics import SiteFactory

SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
A_SECOND = int(os.environ.get("BENCH_EVENTS", "200"))
STEP = 0.1
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> Iterator[House]:
    """Web, collector and pipeline, as in production."""
    found = House()
    try:
        found.wait()
        yield found
    finally:
        found.stop()


def send(house: House, script: str, key: str) -> int:
    """So many events a second from the owner's server; returns how many."""
    number, began = 0, time.perf_counter()
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        while (passed := time.perf_counter() - began) < SECONDS:
            events = []
            while number < passed * A_SECOND:
                number += 1
                events.append({
                    "name": "pageview", "url": f"https://site.example/page-{number % 40}", "id": f"bench-{number}",
                    "ip": f"8.8.{number // 200 % 200}.{number % 200}", "ua": AGENT.format(120 + number % 20),
                })
            if events:
                client.post(f"http://127.0.0.1:{house.collector}/api/track", json={"site": script, "events": events})
            time.sleep(STEP)
    return number


def busy(session: CDPSession) -> dict[str, float]:
    """Seconds the page's main thread has worked, so far, and what on."""
    found = {row["name"]: row["value"] for row in session.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in ("Timestamp", "TaskDuration", "ScriptDuration", "LayoutDuration",
                                           "RecalcStyleDuration", "JSHeapUsedSize", "Nodes")}


def test_two_hundred_events_a_second_leave_the_page_free(
    house: House, organization: Organization, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    site = SiteFactory(organization=organization, domains=["site.example"])
    key = ApiKeyFactory(organization=organization, scopes=["track"])
    url = f"http://127.0.0.1:{house.web}"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page()
        page.context.add_cookies([{"name": "sessionid", "value": signed_in(alice).partition("=")[2], "url": url}])
        found = measured(page, f"{url}/o/{organization.slug}/traffic/{site.script_id}/live/", house, site, key.raw)
        chromium.close()
    with capsys.disabled():
        print("\nstream:", ", ".join(f"{name} {round(value, 3)}" for name, value in found.items()))
    assert found["listed"] == found["sent"]
    assert found["busy share"] < 0.3
    assert found["rows in the page"] < 60


def measured(page: Any, address: str, house: House, site: Any, key: str) -> dict[str, float]:
    """The page's work while events come."""
    page.goto(address)
    page.locator("[data-stream-state-text]", has_text="Live").wait_for(timeout=30_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(GAPS)
    before = busy(session)
    sent = send(house, site.script_id, key)
    after = busy(session)
    page.wait_for_function(
        "sent => Number((document.querySelector('[data-stream-listed]').textContent.match(/[0-9,]+/) || ['0'])[0]"
        ".replaceAll(',', '')) >= sent", arg=sent, timeout=60_000,
    )
    listed = page.locator("[data-stream-listed]").inner_text().split()[0].replace(",", "")
    passed = after["Timestamp"] - before["Timestamp"]
    return {
        "sent": sent, "listed": int(listed), "a second": sent / passed,
        "busy share": (after["TaskDuration"] - before["TaskDuration"]) / passed,
        "script share": (after["ScriptDuration"] - before["ScriptDuration"]) / passed,
        "layout and style share": sum(
            after[name] - before[name] for name in ("LayoutDuration", "RecalcStyleDuration")) / passed,
        "longest task ms": page.evaluate("window.longest"), "heap MB": after["JSHeapUsedSize"] / 1e6,
        "rows in the page": page.locator(".stream-row").count(),
    }


GAPS = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: "longtask", buffered: false });
}"""
