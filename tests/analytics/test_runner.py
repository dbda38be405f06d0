"""The pipeline process over a real database: batches, poison, jobs, death in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command

from apps.analytics.database import address
from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import (
    DeadLetter,
    Event,
    Identity,
    Inbox,
    PipelineMinute,
    Rollup,
    Session,
    Site,
    SiteDayDrop,
    StoreJob,
)
from apps.analytics.pipeline import rows
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.runner import Runner, Stopped
from apps.analytics.services.store_jobs import letters_replay, rollups_rebuild, visitor_erase
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import CHROME, MEASURES, total, view

pytestmark = pytest.mark.django_db(transaction=True)


def put(site: Site, *events: dict[str, Any], raw: bytes = b"", ip: str = "203.0.113.7", at: datetime | None = None,
        **common: Any) -> None:
    Inbox.objects.create(
        received_at=at or datetime.now(UTC), site_id=site.id, events=len(events) or 1, ip=ip, ua=CHROME,
        body=raw or orjson.dumps({**common, "events": list(events)}),
    )


def drained(runner: Runner) -> int:
    """Work until nothing is left; returns how many events there were."""
    number = 0
    while Inbox.objects.exists():
        number += runner.step()
    return number


def test_a_batch_is_stored_counted_and_removed(runner: Runner, shop: Site) -> None:
    for number in range(20):
        put(shop, view(id=f"e{number}"), ip=f"203.0.113.{number}")

    assert drained(runner) == 20
    assert (total(shop, "visitors"), total(shop, "pageviews")) == (20, 20)
    [minute] = PipelineMinute.objects.filter(process="pipeline")
    assert (minute.counts["received"], minute.counts["stored"], minute.counts["batches"]) == (20, 20, 1)
    assert {"read", "enrich", "tally", "write"} <= minute.timings.keys()


def test_minutes_tell_who_is_here(runner: Runner, shop: Site) -> None:
    now = datetime.now(UTC).replace(second=30)
    put(shop, view(), at=now - timedelta(minutes=2))
    put(shop, view(), view(), at=now - timedelta(minutes=1))
    put(shop, view(), ip="198.51.100.1", at=now - timedelta(minutes=1))
    drained(runner)

    with every_tenant():
        minutes = Rollup.objects.filter(site=shop, grain=StoreGrain.MINUTE).order_by("bucket")
        seen = [row.visitors for row in minutes.filter(dim=Dimension.LAST_SEEN)]
        counted = [(row.visitors, row.pageviews) for row in minutes.filter(dim=Dimension.TOTAL)]
    assert [number for number in seen if number] == [2]  # the first has moved on to the second minute
    assert counted == [(1, 1), (2, 3)]


def test_what_the_store_refuses_is_found_alone_and_can_be_replayed(
    runner: Runner, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = rows.event_line

    def poisonous(hit: Any) -> str:
        return "poison\n" if hit.name == "poison" else line(hit)

    monkeypatch.setattr(rows, "event_line", poisonous)
    for number in range(7):
        put(shop, view(id=f"e{number}"))
    put(shop, view(id="before"), {"name": "poison", "id": "p", "url": "https://site.example/x"}, view(id="after"))

    drained(runner)
    assert total(shop, "pageviews") == 9
    with every_tenant():
        assert Event.objects.filter(site=shop).count() == 9
    [letter] = DeadLetter.objects.all()
    assert (letter.site_id, letter.replayed_at) == (shop.id, None)

    monkeypatch.setattr(rows, "event_line", line)
    call_command("replay_dead_letters", site=shop.script_id)
    runner.jobs.look()
    assert runner.jobs.run_waiting() == 1
    drained(runner)
    assert total(shop, "events", Dimension.EVENT, "poison") == 1
    letter.refresh_from_db()
    assert letter.replayed_at is not None
    with tenant(shop.organization_id):
        assert letters_replay(site=shop, letters=[letter.id]).params == {"letters": []}


def test_an_unreadable_envelope_is_buried_with_its_reason(runner: Runner, shop: Site) -> None:
    put(shop, raw=b"\xff{")
    put(shop, view())
    drained(runner)

    assert [(row.reason, bytes(row.raw)) for row in DeadLetter.objects.all()] == [("unreadable", b"\xff{")]
    assert total(shop, "pageviews") == 1


def test_the_collectors_counters_arrive(runner: Runner, shop: Site) -> None:
    minute = int(time.time()) // 60 * 60_000
    report = {"minute": minute, "process": "collector 1", "counts": {"requests": 5},
              "rejected": {str(shop.id): {"name": 2, "limit": 3}}}
    Inbox.objects.create(received_at=datetime.now(UTC), site_id=0, origin=2, events=0, body=orjson.dumps(report))
    runner.step()

    assert PipelineMinute.objects.get(process="collector 1").counts == {"requests": 5}
    with every_tenant():
        assert {(row.reason, row.detail, row.count) for row in SiteDayDrop.objects.all()} == {
            ("invalid", "name", 2), ("limit", "limit", 3),
        }


def figures_of(site: Site) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    with every_tenant():
        found = {
            (row.grain, row.dim, row.bucket, row.value): tuple(getattr(row, name) for name in MEASURES)
            for row in Rollup.objects.filter(site=site, grain__in=(StoreGrain.HOUR, StoreGrain.DAY))
        }
    return {key: values for key, values in found.items() if any(values)}


def test_another_time_zone_counts_again_and_goes_on_counting_right(runner: Runner, shop: Site) -> None:
    # Not in the first hours of a day in Tokyo: a visit that is open when the day it is of changes is of two visitors.
    now = datetime.now(UTC).replace(hour=12) - timedelta(days=1)
    for minutes in (600, 599, 300, 2):
        put(shop, view(id=f"e{minutes}"), at=now - timedelta(minutes=minutes))
    drained(runner)
    shop.organization.time_zone = "Asia/Tokyo"
    shop.organization.save()
    with tenant(shop.organization_id):
        job = rollups_rebuild(site=shop)
    runner.jobs.look()
    runner.jobs.run_waiting()
    put(shop, view("/other", id="last"), at=now)
    drained(runner)

    job.refresh_from_db()
    assert (job.error, job.done_at is not None) == ("", True)
    counted = figures_of(shop)
    with psycopg.connect(address()) as connection:
        connection.execute("SELECT set_config('mainstay.orgs', '*', false)")
        rebuild_site(connection, shop.id)
    assert counted == figures_of(shop)
    assert total(shop, "pageviews") == 5


def test_a_visitor_is_erased_and_nobody_else(runner: Runner, shop: Site) -> None:
    put(shop, view(id="a"), {"name": "identify", "url": "https://site.example/", "uid": "u1"}, ip="203.0.113.1")
    put(shop, view(id="b"), ip="203.0.113.1")
    put(shop, view(id="c"), ip="203.0.113.2")
    drained(runner)
    with tenant(shop.organization_id):
        job = visitor_erase(site=shop, actor=None, uid="u1")
    runner.jobs.look()
    runner.jobs.run_waiting()

    job.refresh_from_db()
    assert (job.error, job.result) == ("", {"events": 3, "sessions": 1})
    with every_tenant():
        assert (Event.objects.count(), Session.objects.count(), Identity.objects.count()) == (1, 1, 0)
    assert (total(shop, "visitors"), total(shop, "pageviews")) == (1, 1)


def test_a_job_that_fails_says_so_and_the_next_one_is_done(runner: Runner, shop: Site) -> None:
    StoreJob.objects.create(kind="replay", site_id=shop.id, params={})
    with tenant(shop.organization_id):
        fine = rollups_rebuild(site=shop)
    runner.jobs.look()

    assert runner.jobs.run_waiting() == 2
    assert StoreJob.objects.order_by("id").first().error.startswith("KeyError")
    fine.refresh_from_db()
    assert (fine.error, fine.done_at is not None) == ("", True)


def test_only_one_writes(runner: Runner, shop: Site) -> None:
    second = Runner(stopping=iter([False, True, True]).__next__)
    with pytest.raises(Stopped):
        second.start()
    second.close()


def environment() -> dict[str, str]:
    found = settings.DATABASES["default"]
    url = f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "PIPELINE_BATCH": "500"}


def test_killed_in_the_middle_of_batches_nothing_is_lost_and_nothing_doubled(shop: Site) -> None:
    body = [orjson.dumps({"events": [view(f"/{n % 50}", id=f"{i}.{n}") for n in range(10)]}) for i in range(3000)]
    now = datetime.now(UTC)
    Inbox.objects.bulk_create([
        Inbox(received_at=now, site_id=shop.id, events=10, ip=f"203.0.{i % 200}.7", ua=CHROME, body=raw)
        for i, raw in enumerate(body)
    ])
    kills = 0
    deadline = time.monotonic() + 120
    while Inbox.objects.exists() and time.monotonic() < deadline:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_pipeline"], env=environment(), cwd=settings.BASE_DIR,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        before = Inbox.objects.count()
        while Inbox.objects.count() == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if kills < 3:
            process.send_signal(signal.SIGKILL)
            kills += 1
        else:
            while Inbox.objects.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
        process.wait(30)

    assert kills == 3
    with every_tenant():
        assert Event.objects.filter(site=shop).count() == 30_000
    assert (total(shop, "pageviews"), total(shop, "events")) == (30_000, 30_000)
    assert total(shop, "pageviews", Dimension.PAGE) == 30_000
    assert total(shop, "visitors") == 200
    counted = figures_of(shop)
    with psycopg.connect(address()) as connection:
        connection.execute("SELECT set_config('mainstay.orgs', '*', false)")
        rebuild_site(connection, shop.id)
    assert counted == figures_of(shop)
