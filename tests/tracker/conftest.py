"""One real browser for each file of tracker tests, and a fresh site with its recorder for each test."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from apps.analytics.collector.validation import common_fault, fault_of
from tests.tracker.recorder import Page as SitePage
from tests.tracker.recorder import Recorder

ROOT = Path(__file__).resolve().parents[2]
STUB = "window.mainstay=window.mainstay||function(){(mainstay.q=mainstay.q||[]).push(arguments)}"
HOSTS = ("*.shop.example", "shop.example", "*.shop.co.uk", "shop.co.uk", "other.example", "elsewhere.example")
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def script_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tracker built from the sources as they are now, once for all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    target = shared / "mainstay-tracker"
    with (shared / "mainstay-tracker.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = [*(ROOT / "static/src/tracker").glob("*.ts"), ROOT / "vite.tracker.config.ts"]
        built = target / "tracker.js"
        if not built.exists() or built.stat().st_mtime < max(source.stat().st_mtime for source in sources):
            vite = ROOT / "node_modules/.bin/vite"
            command = [vite, "build", "--config", "vite.tracker.config.ts", "--outDir", target, "--logLevel", "warn"]
            subprocess.run([str(part) for part in command], cwd=ROOT, check=True, timeout=120)
    return built


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with the back/forward cache on, and the test's host names pointed at this machine."""
    rules = ",".join(f"MAP {host} 127.0.0.1" for host in HOSTS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-background-networking", f"--host-resolver-rules={rules}"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def recorder(script_file: Path) -> Iterator[Recorder]:
    """The site and collector of one test. The real collector must find no fault with anything that arrived."""
    server = Recorder(script_file.read_text())
    yield server
    server.close()
    batches = [delivery.body for delivery in server.deliveries]
    assert [fault for batch in batches if (fault := common_fault(batch))] == []
    assert [fault for batch in batches for event in batch["events"] if (fault := fault_of(event))] == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor: own cookies and storage. Errors that the tracker lets into a page fail the test."""
    visitor = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin", viewport={"width": 800, "height": 600})
    errors: list[str] = []
    visitor.on("weberror", lambda error: errors.append(str(error.error)))
    yield visitor
    visitor.close()
    assert errors == []


@pytest.fixture
def site(recorder: Recorder) -> Callable[..., None]:
    """Put a page with the snippet on the site: `site(body, path=…, head=…, status=…)`."""

    def put(body: str = "<p>Hello</p>", path: str = "/", head: str = "", status: int = 200, **options: Any) -> None:
        snippet = options.pop("snippet", f'<script defer src="{recorder.url("/t.js")}"></script>')
        title = options.pop("title", "A page")
        html = f'<!doctype html><link rel="icon" href="data:,"><title>{title}</title>{head}{snippet}{body}'
        recorder.pages[path] = SitePage(html, status, options)

    return put


@pytest.fixture
def visit(recorder: Recorder, context: BrowserContext, site: Callable[..., None]) -> Visit:
    """Open a page and wait until its view was counted: `visit(body, path=…, host=…)`."""

    def go(body: str = "<p>Hello</p>", path: str = "/", host: str = "127.0.0.1", **options: Any) -> Page:
        site(body, path, **options)
        page = context.new_page()
        page.goto(recorder.url(path, host))
        recorder.wait("pageview", url=recorder.url(path, host))
        return page

    return go
