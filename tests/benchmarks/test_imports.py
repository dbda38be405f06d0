"""How many lines a second of a web server's log come out of an uploaded file into events, sessions and figures."""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile

from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models import Import, Site, StoreJob
from apps.analytics.pipeline.runner import Runner
from apps.analytics.services import imports
from apps.analytics.services.import_upload import import_upload
from apps.core.tenancy import every_tenant, tenant
from tests.benchmarks.machine import cpu_seconds, plain_view, say
from tests.benchmarks.test_pipeline import counted
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
WARM = 10_000
LINES = int(os.environ.get("BENCH_IMPORT_LINES", "300000"))
PROMISED = 20_000
CPU_A_LINE = 60
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 "
    "Mobile/15E148 Safari/604.1"
)
ROBOT = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
ASSETS = ("/style.css?v=7", "/img/{}.jpg", "/fonts/inter.woff2", "/js/app.js", "/favicon.ico")


@pytest.fixture
def site(transactional_db: None, settings: Any, tmp_path: Path) -> Site:
    settings.MEDIA_ROOT = str(tmp_path)
    return SiteFactory(organization=OrganizationFactory(slug="bench"), domains=["site.example"])


def written(path: Path, lines: int, pages: float, year: int) -> int:
    """A log of a busy shop over some weeks, in order of time: visitors with a few pages each, what their browsers load,
    robots, and what failed. Returns how many of its lines are page views of people."""
    dice, at, views = random.Random(19), datetime(year, 3, 1, tzinfo=UTC), 0
    urls = [f"/{group}/{number}" for group in ("shop", "blog", "help") for number in range(800)]
    here: list[tuple[str, str]] = []
    with path.open("w") as out:
        for number in range(lines):
            at += timedelta(seconds=dice.expovariate(0.15))
            if number % 8 == 0:
                agent = dice.choice((CHROME, PHONE)).format(dice.randrange(7, 140))
                address = f"{dice.randrange(1, 220)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"
                here = [*here[-200:], (address, agent)]
            address, agent = dice.choice(here)
            kind, status = dice.random(), 200
            url = dice.choice(urls)
            if kind < pages:
                views += 1
            elif kind < 0.86:
                url = dice.choice(ASSETS).format(number % 500)
            elif kind < 0.95:
                agent = ROBOT
            else:
                status = 404
            out.write(
                f'{address} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {url} HTTP/1.1" {status} {dice.randrange(60_000)} '
                f'"{"https://www.google.com/" if number % 3 else "-"}" "{agent}"\n'
            )
    return views


def handed_over(site: Site, path: Path, *, told: bool = False) -> Import:
    """The upload as the form hands it over, and looked through."""
    began, busy = time.perf_counter(), time.process_time()
    with tenant(site.organization_id), path.open("rb") as content:
        upload = TemporaryUploadedFile(path.name, "text/plain", path.stat().st_size, None)
        while piece := content.read(1 << 20):
            upload.write(piece)
        row = import_upload(actor=None, site=site, kind=ImportKind.ACCESS_LOG, upload=upload)
        upload.close()
        assert imports.import_look(row=row) == ImportState.READY
    if told:
        say("  stored and looked through, before the start", (time.process_time() - busy) / LINES * 1e6, "µs a line")
        say("  seconds for that", time.perf_counter() - began, "s")
    return row


def worked(runner: Runner, row: Import) -> None:
    """Started, and taken in to its end."""
    with tenant(row.organization_id):
        imports.import_start(actor=None, row=row)
    while StoreJob.objects.filter(done_at=None).exists():
        runner.jobs.look()
        runner.jobs.run_waiting()


@pytest.mark.parametrize(("pages", "what", "promised"), [
    (0.3, "a log with everything browsers load", PROMISED), (0.8, "a log of hardly anything but pages", None),
])
def test_a_log_is_taken_in(site: Site, tmp_path: Path, pages: float, what: str, promised: float | None) -> None:
    path, before = tmp_path / "access.log", tmp_path / "earlier.log"
    views, early = written(path, LINES, pages, 2024), written(before, WARM, pages, 2023)
    plain_view()
    runner = Runner()
    runner.start()
    worked(runner, handed_over(site, before))  # what is read once in the life of a process is read now
    row = handed_over(site, path, told=True)
    pids = (os.getpid(), runner._connection.info.backend_pid, runner._aside.info.backend_pid)
    busy, began = [cpu_seconds(pid) for pid in pids], time.perf_counter()
    worked(runner, row)
    took = time.perf_counter() - began
    used = [cpu_seconds(pid) - then for pid, then in zip(pids, busy, strict=True)]
    runner.close()

    say(f"lines of {what}", LINES / took, "/s", promised)
    say("  times the plain Django view", LINES / took / plain_view()["per_second"], "x")
    say("  processor time, Python", used[0] / LINES * 1e6, "µs a line")
    say("  processor time, PostgreSQL", sum(used[1:]) / LINES * 1e6, "µs a line")
    say("  processor time together", sum(used) / LINES * 1e6, "µs a line", promised and CPU_A_LINE, less=True)
    with every_tenant():
        found = Import.objects.get(pk=row.pk)
    assert (found.state, found.line, found.taken, found.broken) == (ImportState.DONE, LINES, views, 0)
    assert counted() == views + early
