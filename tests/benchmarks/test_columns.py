"""Questions under filters about a year of twelve million events: the whole page with each of its questions, funnels,
retention, paths, and PostgreSQL's rows asked the same in the same run.

Wall time is what people wait for; seconds of CPU are told beside it, because they depend less on what else runs: those
of this process, and of the backend of PostgreSQL that answers it, without parallel workers. The year is built once and
kept (`kept`): the first run takes a quarter of an hour, the next ones start within seconds."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.analytics import columns, source
from apps.analytics.columns.keeping import missing
from apps.analytics.columns.making import make_span
from apps.analytics.database import connect
from apps.analytics.models import Goal, Site
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.selectors import column_sums, journeys
from apps.analytics.selectors.journeys import Match, Rule, RuleKind
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import Filter, Grain, Operator, Query, Window
from tests.benchmarks import traffic, year
from tests.benchmarks.kept import kept
from tests.benchmarks.machine import cpu_seconds, say
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, DAYS = int(os.environ.get("BENCH_YEAR_EVENTS", "12_000_000")), 365
TWO = "&f=device:is:mobile&f=country:is:DE"
OWNER = "owner@year.example"
STEPS = (
    Rule(RuleKind.ENTRY, Match.STARTS, ("/page/",)), Rule(RuleKind.PAGE, Match.CONTAINS, ("/page/1",)),
    Rule(RuleKind.EVENT, Match.IS, ("leave",)), Rule(RuleKind.EVENT, Match.IS, ("signup",)),
    Rule(RuleKind.EVENT, Match.IS, ("purchase",)),
)


@dataclass
class Spent:
    """Milliseconds of the clock, of this process' CPU and of PostgreSQL's for it."""

    wall: float
    here: float
    there: float


def build() -> None:
    """The site, its owner, its year and its rollups, up to the last midnight."""
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    site = SiteFactory(organization=OrganizationFactory(slug="year"), script_id="yearyearyear", domains=[traffic.HOST],
                       detected_at=end)
    MembershipFactory(user=UserFactory(email=OWNER), organization=site.organization, role="owner")
    with connect() as store:
        began = time.perf_counter()
        year.fill(store, site.organization_id, site.id, EVENTS, DAYS, end)
        with store.transaction():
            rebuild_site(store, site.id)
        store.execute("VACUUM ANALYZE analytics_rollup")
        say("the year stored and counted, not a figure of the product", time.perf_counter() - began, "s")


def make_files(folder: Path) -> None:
    """What is missing of the column files: everything the first time, and after their layout has changed."""
    with connect() as store:
        spans = missing(store, datetime.now(UTC))
        wall, cpu = time.perf_counter(), time.process_time()
        for site_id, start, until in spans:
            assert make_span(store, site_id, start, until)
        if len(spans) > 300:
            say("column files of the year made", EVENTS / (time.perf_counter() - wall), "events/s")
            say("  of this process' CPU a million events", (time.process_time() - cpu) / EVENTS * 1e6, "s")
    say("column files of the year", sum(file.stat().st_size for file in folder.rglob("*.parquet")) / 1e6, "MB")


def spent(ask: Callable[[], Any], times: int = 5) -> Spent:
    """The middle time of the clock and the least CPU of some times."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    found = []
    for _ in range(times):
        wall, here, there = time.perf_counter(), time.process_time(), cpu_seconds(backend)
        ask()
        found.append((time.perf_counter() - wall, time.process_time() - here, cpu_seconds(backend) - there))
    walls, *cpus = zip(*found, strict=True)
    return Spent(1000 * sorted(walls)[times // 2], *(1000 * min(each) for each in cpus))


def told(name: str, ask: Callable[[], Any], bound: float | None = None, times: int = 5) -> Spent:
    """Ask, and say what it took."""
    found = spent(ask, times)
    say(name, found.wall, "ms", bound, less=True)
    say("  of CPU, this process'", found.here, "ms")
    say("  of CPU, PostgreSQL's", found.there, "ms")
    return found


def test_a_year_under_filters(transactional_db: None, settings: Any) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    with kept("year", [Path(year.__file__)], traffic.HOST, EVENTS, DAYS, month, build=build) as folder:
        settings.COLUMNS_DIR = str(_place(folder))
        with every_tenant():
            site, owner = Site.objects.select_related("organization").get(), User.objects.get(email=OWNER)
        make_files(Path(settings.COLUMNS_DIR))
        say("events of the year", EVENTS, "")
        with connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")
        client = Client()
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        _page(client, f"/o/year/traffic/{site.script_id}/?range=12m")
        _ways(site)


def _page(client: Client, page: str) -> None:
    """The page as its owner gets it, each of its questions, and the same from PostgreSQL's rows."""
    def opened(address: str, *, fresh: bool) -> None:
        if fresh:
            cache.clear()
            column_sums.forget()
        answer = client.get(address)
        assert answer.status_code == 200
        assert b"panel-pages" in answer.content

    opened(page + TWO, fresh=True)
    files = told(
        f"site page, 12 months of {EVENTS / 1e6:g} M events, two filters", lambda: opened(page + TWO, fresh=True), 500
    )
    told("  the same from the cache", lambda: opened(page + TWO, fresh=False), 150)
    told("site page without filters", lambda: opened(page, fresh=True), 250)
    _each_question(lambda: opened(page + TWO, fresh=True))
    with _RowsOnly():
        rows = told("site page, two filters, from PostgreSQL's rows", lambda: opened(page + TWO, fresh=True), times=1)
    say("  PostgreSQL's rows / column files, by the clock", rows.wall / files.wall, "times", 3)
    say("  PostgreSQL's rows / column files, by CPU", (rows.here + rows.there) / (files.here + files.there), "times")


def _each_question(ask: Callable[[], Any]) -> None:
    """What each question to the store takes, as the page asks it: one that is answered from what another has asked
    takes next to nothing."""
    told_of = []

    def timed(kind: str, question: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Any, query: Query, *by: Any, **more: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            found = question(self, query, *by, **more)
            name = f"{kind} {' '.join(by)} of {len(query.measures)} from {query.window.start:%Y-%m-%d}"
            told_of.append((name, time.perf_counter() - wall, time.process_time() - cpu))
            return found

        return asked

    with pytest.MonkeyPatch.context() as patch:
        for kind in ("totals", "series", "breakdown"):
            patch.setattr(source.TrafficSource, kind, timed(kind, getattr(source.TrafficSource, kind)))
        ask()
    for name, wall, cpu in told_of:
        say(f"  {name}", 1000 * wall, "ms")
        say("      of this process' CPU", 1000 * cpu, "ms")


def _ways(site: Site) -> None:
    """Funnels, retention and paths, and figures of those who reached a goal, each from both."""
    def of_days(days: int, *filters: Filter) -> Query:
        window = Window(site.detected_at - timedelta(days=days), site.detected_at, site.organization.tz)
        return Query(("sessions", "visitors"), window, (site.organization_id,), (site.id,), filters)

    month, twelve = of_days(30), of_days(DAYS)
    with tenant(site.organization_id):
        goal, _ = Goal.objects.get_or_create(site=site, name="Signed up", defaults={"kind": "event", "value": "signup"})
        reached = of_days(DAYS, Filter("goal", Operator.IS, (str(goal.pk),)))
        _both("funnel of 5 steps, 30 days", lambda: journeys.funnel(month, STEPS, timedelta(days=1)), 800)
        _both("funnel of 5 steps, 30 days, recognised visitors", lambda: journeys.funnel(
            month, STEPS, timedelta(days=7), base=journeys.Base.RECOGNISED))
        _both("retention by month, 12 months", lambda: journeys.retention(twelve, Grain.MONTH))
        _both("retention by day, 30 days", lambda: journeys.retention(month, Grain.DAY))
        for name, start, asked in (
            (", 12 months", None, twelve), (" from pages, 12 months", STEPS[1], twelve),
            (" from an event, 30 days", STEPS[3], month),  # more than a quarter of all visits have it
        ):
            for way in journeys.Direction:
                _both(f"paths {way}{name}", lambda way=way, start=start, asked=asked: journeys.paths(
                    asked, start, way, 4, 8))
        _both("visitors who reached a goal, 12 months", lambda: source.TrafficSource().totals(reached))


def _both(name: str, ask: Callable[[], Any], bound: float | None = None) -> None:
    """One question to the files and to PostgreSQL's rows, and that both say the same."""
    def fresh() -> Any:
        column_sums.forget()
        return ask()

    files, here = told(f"{name}, {EVENTS / 1e6:g} M events a year", fresh, bound), fresh()
    with _RowsOnly():
        rows, there = told(f"  {name}, from PostgreSQL's rows", fresh, times=1), fresh()
    assert here == there
    say("  PostgreSQL's rows / column files, by the clock", rows.wall / files.wall, "times")
    say("  PostgreSQL's rows / column files, by CPU", (rows.here + rows.there) / (files.here + files.there), "times")


class _RowsOnly(pytest.MonkeyPatch):
    """Questions go to PostgreSQL's rows, however long they take."""

    def __enter__(self) -> None:
        self.setattr(source, "plan", lambda query, cursor: None)
        self.setattr(journeys, "plan", lambda query, cursor: None)
        self.setattr(source, "FILTERED_SECONDS", 600)
        self.setattr(journeys, "SECONDS", 600)

    def __exit__(self, *told: object) -> None:
        self.undo()


def _place(folder: Path) -> Path:
    """Where the column files lie: another place, emptied of what was there, after the modules that make them change."""
    texts = [file.read_bytes() for file in sorted(Path(columns.__path__[0]).glob("*.py"))]
    place = folder / hashlib.blake2b(b"".join(texts), digest_size=6).hexdigest()
    for other in folder.iterdir():
        if other != place:
            shutil.rmtree(other)
    return place
