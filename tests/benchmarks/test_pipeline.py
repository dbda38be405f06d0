"""How many events a second come out of the inbox into sessions and figures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, models

from apps.analytics.models import Inbox, Rollup, Site
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import every_tenant
from tests.benchmarks import traffic
from tests.benchmarks.machine import QUIET, collector, environment, say, sent
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 150_000
WARM = 20_000
SECONDS = float(os.environ.get("BENCH_SUSTAINED_SECONDS", "60"))
A_SECOND = 15_000
PACE = A_SECOND * 1.03  # a little more than is promised, so that starting and ending do not spoil the figure
A_REQUEST = 10


@pytest.fixture
def site(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="bench"), script_id="benchbench00", domains=[traffic.HOST])


def filled(site: Site, count: int) -> None:
    """Envelopes of one event each, as the collector leaves them for visitors of many sites."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor, cursor.copy(
        "COPY analytics_inbox (received_at, site_id, origin, events, ip, ua, body) FROM STDIN"
    ) as copy:
        for number, request in enumerate(traffic.requests(5, site.script_id, count, 1, "q")):
            head, body = request.split(b"\r\n\r\n", 1)
            headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
            copy.write_row((
                now + timedelta(milliseconds=number / 20), site.id, 0, 1, headers[b"X-Forwarded-For"].decode(),
                headers[b"User-Agent"].decode(), body,
            ))


def counted(site: Site) -> int:
    with every_tenant():
        rows = Rollup.objects.filter(site=site, dim=0, grain=3)
        return rows.aggregate(total=models.Sum("events"))["total"] or 0


def timed(runner: Runner) -> Counter[str]:
    """Seconds by stage, filled while the runner works."""
    seconds: Counter[str] = Counter()
    write: Callable[..., None] = runner.ledger.write

    def spy(outcome: Any, read: float, now: int) -> None:
        seconds.update({"read": read, **outcome.seconds})
        write(outcome, read, now)

    runner.ledger.write = spy  # type: ignore[method-assign]
    return seconds


def test_draining_the_inbox(site: Site) -> None:
    filled(site, EVENTS)
    runner = Runner()
    runner.start()
    done = 0
    while done < WARM:
        done += runner.step()
    seconds = timed(runner)
    began = time.perf_counter()
    drained = 0
    while step := runner.step():
        drained += step
    took = time.perf_counter() - began
    runner.close()

    say("events drained from the inbox", drained / took, "/s", 25_000)
    for stage, spent in seconds.items():
        say(f"  {stage}", spent / drained * 1e6, "µs an event")
    assert counted(site) == EVENTS


def test_collector_and_pipeline_together(site: Site) -> None:
    requests = traffic.requests(6, site.script_id, int(PACE / A_REQUEST * SECONDS), A_REQUEST, "t")
    with collector() as port:
        pipeline = subprocess.Popen(
            [sys.executable, "manage.py", "run_pipeline"], env=environment(), cwd=settings.BASE_DIR, **QUIET
        )
        try:
            told = sent(requests, port, SECONDS + 30, 32, PACE / A_REQUEST)
            at_end = Inbox.objects.exclude(origin=2).count() * A_REQUEST
            began = time.perf_counter()
            while Inbox.objects.exists() and time.perf_counter() - began < 120:
                time.sleep(0.05)
            left = time.perf_counter() - began
        finally:
            pipeline.send_signal(signal.SIGTERM)
            pipeline.wait(30)

    accepted = told["requests"] * A_REQUEST
    say(f"events accepted, {SECONDS:.0f} s with the pipeline beside it", accepted / told["seconds"], "/s", A_SECOND)
    say("  99 of 100 requests answered within", told["p99_ms"], "ms")
    say("  events still in the inbox at the end", at_end, "", A_SECOND, less=True)
    say("  seconds until they were counted as well", left, "s")
    assert (told["failures"], counted(site)) == (0, accepted)
