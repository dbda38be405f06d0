"""A running house for all browser tests of a process, a browser for each file, for each test contexts of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.people import Business, business_of, session_of
from tests.house import database
from tests.house.house import House
from tests.house.servers import OwnValkey

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-blink-features=AutomationControlled",  # the tracker does not count browsers that say they are driven
    "--host-resolver-rules=MAP *.example 127.0.0.1",
    # Without a window Chromium calls itself headless, which counts as a bot. Playwright's own option for this does not
    # reach the beacons of a page that is being left.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
)
EVERYBODY = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "viewport": {"width": 1360, "height": 900}}
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
PEOPLE = Callable[..., Page]
OPENED = pytest.StashKey[list[Page]]()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[tuple[House, str]]:
    """Web, collector, pipeline and worker over a database and a Valkey of their own; with the database's address."""
    folder = tmp_path_factory.mktemp("house")
    valkey = OwnValkey(folder)
    with django_db_blocker.unblock(), database.fresh() as url:
        house = House(folder, url, valkey.url, demo=True)
        try:
            valkey.start()
            house.manage("migrate", "--no-input", "-v", "0")
            house.start("web", "collector", "pipeline", "worker")
            yield house, url
        finally:
            house.stop()
            valkey.process.stop()


@pytest.fixture
def house(
    running: tuple[House, str], settings: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[House]:
    """The running house, whole; the ORM of the test works on its database."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    monkeypatch.setattr("apps.core.outbox.nudge", lambda: None)  # it would ask the broker of the tests
    found, url = running
    found.start(*(name for name in ("web", "collector", "pipeline", "worker") if not found[name].is_alive))
    with django_db_blocker.unblock(), database.lent(url):
        yield found


@pytest.fixture
def word() -> str:
    """A word nobody else uses: the house is shared by all tests of the folder."""
    return uuid4().hex[:8]


@pytest.fixture
def business(house: House, word: str) -> Business:
    """A business of this test's own."""
    return business_of(house, word)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would refuse to touch the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(ARGUMENTS)
        )
        yield chromium
        chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show what the people of a failed test had before them."""
    report = yield
    if report.failed and call.when == "call":
        for number, page in enumerate(item.stash.get(OPENED, [])):
            if not page.is_closed():
                picture = item.config.rootpath / "var" / "e2e" / f"{item.name}-{number}.png"
                with contextlib.suppress(PlaywrightError):
                    text = page.locator("body").inner_text(timeout=2000)
                    page.screenshot(path=picture, timeout=5000)
                    report.sections.append((f"{page.url} ({picture})", text[:3000]))
    return report


@pytest.fixture
def person(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[PEOPLE]:
    """Somebody with a browser of their own: `person()`, or signed in already: `person(user)`. Options are Playwright's.

    An error in one of their pages fails the test.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []
    opened = request.node.stash[OPENED] = []

    def come(user: Any = None, **options: Any) -> Page:
        context = browser.new_context(**{**EVERYBODY, "base_url": house.url, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        if user is not None:
            context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": house.url}])
        page = context.new_page()
        opened.append(page)
        return page

    yield come
    for context in contexts:
        context.close()
    assert troubles == []

