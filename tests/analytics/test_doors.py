"""What the collector measures of its own requests, minute by minute, and what the installation's page makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.test import Client

from apps.accounts.models import User
from apps.analytics.collector.committer import Unavailable
from apps.analytics.collector.counters import Counters
from apps.analytics.enums import Origin
from apps.analytics.histograms import ANSWER_MS
from apps.analytics.models import PipelineMinute, Site
from apps.analytics.pipeline.clock import at_ms
from apps.analytics.pipeline.ledger import Ledger
from apps.analytics.selectors import installation
from apps.analytics.selectors.flows import SPANS
from apps.core.models import OpsPoint
from tests.analytics.conftest import MINUTE, Sender

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


class Wire:
    """Stands for the way to the database."""

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.is_cut = False

    def add(self, rows: list[bytes]) -> None:
        if self.is_cut:
            raise Unavailable
        self.rows += rows

    def reports(self) -> list[dict[str, Any]]:
        """What was sent since the last look."""
        found, self.rows = [orjson.loads(row) for row in self.rows], []
        return found


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    monkeypatch.setattr("apps.analytics.collector.counters.row_of", lambda *row: row[-1])
    return Wire()


def test_every_request_is_in_one_minute_with_the_time_it_took(wire: Wire, time_machine: Any) -> None:
    counters = Counters()
    time_machine.move_to(NOON, tick=False)
    counters.plain(0.0005)
    counters.plain(0.030)
    counters.count(429, 0, 0, 7.0)
    counters.count(503, 0, 0, 0.002)
    counters.flush(wire)  # type: ignore[arg-type]

    [report] = wire.reports()
    assert report["minute"] == NOON.timestamp() * 1000
    assert report["counts"] == {"alive": 1, "accepted": 2, "requests": 4, "status_202": 2, "status_429": 1,
                                "status_503": 1}
    spread = report["histograms"]["answer"]
    assert len(spread) == len(ANSWER_MS) - 1
    assert {ANSWER_MS[n + 1]: count for n, count in enumerate(spread) if count} == {1: 1, 2: 1, 50: 1, 60_000: 1}


def test_a_quiet_minute_is_a_sign_of_life_and_takes_no_later_request(wire: Wire, time_machine: Any) -> None:
    counters = Counters()
    for second in (0, 5, 60, 65, 120):
        time_machine.move_to(NOON + timedelta(seconds=second), tick=False)
        if second == 0:
            counters.plain(0.001)
        counters.flush(wire)  # type: ignore[arg-type]
    time_machine.move_to(NOON + timedelta(seconds=178), tick=False)
    counters.plain(0.001)
    time_machine.move_to(NOON + timedelta(seconds=180), tick=False)
    counters.flush(wire)  # type: ignore[arg-type]

    told = {(report["minute"] - NOON.timestamp() * 1000) / 60_000: report["counts"] for report in wire.reports()}
    assert {minute: (counts["alive"], counts.get("requests", 0)) for minute, counts in told.items()} == {
        0: (1, 1), 1: (1, 0), 2: (1, 1), 3: (1, 0),
    }


def test_what_could_not_be_sent_is_sent_later(wire: Wire, time_machine: Any) -> None:
    counters = Counters()
    time_machine.move_to(NOON, tick=False)
    wire.is_cut = True
    counters.plain(0.001)
    counters.reject(7, Counter(limit=2))
    counters.flush(wire)  # type: ignore[arg-type]
    wire.is_cut = False
    time_machine.move_to(NOON + timedelta(seconds=5), tick=False)
    counters.flush(wire)  # type: ignore[arg-type]

    [report] = wire.reports()
    assert (report["counts"]["requests"], report["rejected"]) == (1, {"7": {"limit": 2}})


def told(sender: Sender, minute: datetime, process: str, spread: dict[int, int], **counts: int) -> None:
    """What a collector told of a minute, through the pipeline."""
    answer = [0] * (len(ANSWER_MS) - 1)
    for place, count in spread.items():
        answer[place] = count
    report = {"minute": int(minute.timestamp() * 1000), "process": process, "counts": counts,
              "histograms": {"answer": answer}, "rejected": {}}
    outcome = sender.digest(sender.envelope(minute, raw=orjson.dumps(report), origin=Origin.COUNTERS))
    Ledger(sender.core.connection, "pipeline").write(outcome, 0.01, at_ms(NOON))


@pytest.fixture
def first(sender: Sender, time_machine: Any) -> datetime:
    """Two collectors, a web process and the machine have measured; gives the first minute."""
    time_machine.move_to(NOON + timedelta(seconds=30), tick=False)
    first = NOON - 3 * MINUTE
    told(sender, first, "collector 1", {2: 90, 6: 10}, alive=1, requests=100, status_202=80, status_429=20)
    told(sender, first, "collector 2", {2: 100}, alive=1, requests=100, status_202=90, status_503=10)
    told(sender, first + 2 * MINUTE, "collector 1", {}, alive=1)
    PipelineMinute.objects.create(minute=first, process="pipeline", counts={"requests": 999})
    OpsPoint.objects.create(
        grain=OpsPoint.MINUTE, source="web", at=first,
        counts={"alive": 2, "api_requests": 10, "api_failed": 1, "api_refused": 2}, histograms={"api": [0, 0, 10]},
    )
    OpsPoint.objects.create(
        grain=OpsPoint.MINUTE, source="system", at=first, counts={"waiting_pipeline_max": 17, "waiting_tasks_max": 3},
    )
    return first


def test_doors_over_all_processes(
    first: datetime, site: Site, client_of: Callable[[User], Client], alice: User
) -> None:
    course = installation.pipeline_course(SPANS["60m"], NOON, "collector")
    whole, door = installation.whole(course), installation.COLLECTOR
    assert door.requests_in(whole) == 200
    assert (door.share(whole, door.failed), door.share(whole, door.refused)) == (0.05, 0.1)
    assert 2 < door.answered(whole, 0.5) <= 5
    assert 50 < door.answered(whole, 0.99) <= 100
    assert installation.uptime(course) == pytest.approx(2 / 3)

    type(alice).objects.filter(pk=alice.pk).update(is_superuser=True)
    page = client_of(alice).get(f"/o/{site.organization.slug}/monitoring/installation/").context
    rows = {str(row["cells"][0]["text"]): [cell["text"] for cell in row["cells"][1:]] for row in page["doors"]}
    assert rows["Collector"][:2] == ["200", "3.3"]
    assert rows["Collector"][5:] == ["10%", "5.0%", "67%"]
    assert rows["API"][0] == "10"
    assert rows["API"][5:7] == ["20%", "10%"]
    at = page["requests"]["times"].index((first.astimezone(site.organization.tz)).strftime("%Y-%m-%dT%H:%M"))
    assert {line["key"]: line["values"][at] for line in page["requests"]["series"]} == {
        "collector": 200, "api": 10, "pages": 0,
    }
    assert {line["key"]: line["values"][at] for line in page["faults"]["series"]} == {
        "collector": 0.05, "api": 0.1, "pages": None,
    }
    assert {line["key"]: line["values"][at] for line in page["waiting"]["series"]} == {
        "pipeline": 17, "deliveries": None, "tasks": 3,
    }
