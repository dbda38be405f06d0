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

import orjson
import pytest
from django.conf import settings
from django.db import connection, models

from apps.analytics.models import ColumnSpan, Inbox, Rollup, Site
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import every_tenant
from tests.benchmarks import traffic
from tests.benchmarks.machine import QUIET, collector, cpu_seconds, environment, plain_view, say, sent
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 150_000
WARM = 20_000
SECONDS = float(os.environ.get("BENCH_SUSTAINED_SECONDS", "60"))
A_SECOND = 15_000
PACE = A_SECOND * 1.03  # a little more than is promised, so that starting and ending do not spoil the figure
A_REQUEST = 10
TURNS, A_TURN = 6, 10_000
TRIGGERS = ("analytics_session_added", "analytics_session_gone", "analytics_session_changed")


@pytest.fixture
def site(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="bench"), script_id="benchbench00", domains=[traffic.HOST])


def filled(requests: list[bytes], sites: dict[str, int]) -> int:
    """The inbox as the collector leaves it; returns how many events it holds."""
    now, total = datetime.now(UTC), 0
    with connection.cursor() as cursor, cursor.copy(
        "COPY analytics_inbox (received_at, site_id, origin, events, ip, ua, body) FROM STDIN"
    ) as copy:
        for number, request in enumerate(requests):
            head, body = request.split(b"\r\n\r\n", 1)
            headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
            found = orjson.loads(body)
            events = found if isinstance(found, list) else [found]
            total += len(events)
            copy.write_row((
                now + timedelta(milliseconds=number / 20), sites[events[0]["site"]], 0, len(events),
                headers[b"X-Forwarded-For"].decode(), headers[b"User-Agent"].decode(), body,
            ))
    return total


def counted() -> int:
    with every_tenant():
        rows = Rollup.objects.filter(dim=0, grain=3)
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


def drain(what: str, expected: int, wanted: float | None = None) -> None:
    """Everything out of the inbox; tells how fast, where the time went, and how much of two processors it took."""
    runner = Runner()
    runner.start()
    backends = [found.info.backend_pid for found in (runner._connection, runner._aside)]
    done = 0
    while done < WARM:
        done += runner.step()
    seconds = timed(runner)
    busy = [cpu_seconds(pid) for pid in (os.getpid(), *backends)]
    began = time.perf_counter()
    drained = 0
    while step := runner.step():
        drained += step
    took = time.perf_counter() - began
    busy = [cpu_seconds(pid) - before for pid, before in zip((os.getpid(), *backends), busy, strict=True)]
    runner.close()

    say(what, drained / took, "/s", wanted)
    say("  times the plain Django view", drained / took / plain_view()["per_second"], "x")
    say("  processor time, Python", busy[0] / drained * 1e6, "µs an event")
    say("  processor time, PostgreSQL", sum(busy[1:]) / drained * 1e6, "µs an event")
    for stage, spent in seconds.items():
        say(f"  {stage}", spent / drained * 1e6, "µs an event")
    assert counted() == expected


def test_draining_the_inbox(site: Site) -> None:
    """One site of 3,200 pages and 20,000 visitors at once, an event an envelope: the hardest to collapse."""
    plain_view()
    expected = filled(traffic.requests(5, site.script_id, EVENTS, 1, "q"), {site.script_id: site.id})
    drain("events drained from the inbox, one site", expected, 25_000)


def test_draining_many_sites(site: Site) -> None:
    """Twelve sites of very different sizes in four organizations, single and batched envelopes."""
    plain_view()
    others = [
        SiteFactory(organization=owner, script_id=f"benchmany{index}{number:02d}", domains=[traffic.HOST])
        for index, owner in enumerate(OrganizationFactory.create_batch(4)) for number in range(3)
    ]
    sites = {found.script_id: found.id for found in others}
    expected = filled(traffic.mixed(7, list(sites), int(EVENTS / 1.3), "m"), sites)
    drain("events drained from the inbox, twelve sites mixed", expected)


def test_what_the_triggers_of_copies_cost(site: Site) -> None:
    """PostgreSQL's processor time with and without them, turn by turn, so that what else is going on meets both alike.
    There are copies of every day but today, as there nearly always are."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with every_tenant():
        ColumnSpan.objects.bulk_create([
            ColumnSpan(organization_id=site.organization_id, site=site, ready=True, name=f"day{day}",
                       start=today - timedelta(days=day), until=today - timedelta(days=day - 1))
            for day in range(1, 32)
        ])
    runner = Runner()
    runner.start()
    backends = [found.info.backend_pid for found in (runner._connection, runner._aside)]
    spent: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for turn in range(2 * TURNS + 1):
        what = "DISABLE" if turn % 2 else "ENABLE"
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE analytics_session " + ", ".join(f"{what} TRIGGER {name}" for name in TRIGGERS))
        filled(traffic.requests(turn, site.script_id, A_TURN, 1, f"c{turn}"), {site.script_id: site.id})
        before, drained = sum(map(cpu_seconds, backends)), 0
        while step := runner.step():
            drained += step
        if turn:
            spent[what].append((sum(map(cpu_seconds, backends)) - before) / drained * 1e6)
    runner.close()
    having, lacking = (sorted(found)[len(found) // 2] for found in spent.values())
    say("PostgreSQL's processor time with the triggers of copies", having, "µs an event")
    say("  without them", lacking, "µs an event")
    differences = sorted(with_ - without for without, with_ in zip(spent["DISABLE"], spent["ENABLE"], strict=True))
    say("  the middle difference of neighbouring turns", differences[len(differences) // 2], "µs an event")
    say("  the least and", differences[0], "µs an event")
    say("  the most", differences[-1], "µs an event")


def test_collector_and_pipeline_together(site: Site) -> None:
    plain_view()
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
    say("  times the plain Django view", accepted / told["seconds"] / plain_view()["per_second"], "x")
    say("  99 of 100 requests answered within", told["p99_ms"], "ms")
    say("  events still in the inbox at the end", at_end, "", A_SECOND, less=True)
    say("  seconds until they were counted as well", left, "s")
    assert (told["failures"], counted()) == (0, accepted)
