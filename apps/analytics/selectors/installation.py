"""How the whole installation is doing, for those who run it: its processes minute by minute, the machine, the web."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.analytics.enums import StoreGrain
from apps.analytics.histograms import ANSWER_MS, DELAY_MS, STAGE_MS
from apps.analytics.models import PipelineMinute
from apps.analytics.selectors.flows import Span, quantile
from apps.core.models import OpsPoint
from apps.core.ops.request_minutes import EDGES_MS
from apps.core.ops.sampling import added, added_lists

_STAGE = "stage_"


@dataclass(slots=True)
class Measured:
    """What one part of the installation measured in a stretch of time."""

    counts: dict[str, Any] = field(default_factory=dict)
    spread: dict[str, list[int]] = field(default_factory=dict)

    def count(self, name: str) -> float:
        """A sum; 0 where there is none."""
        return self.counts.get(name, 0)

    def ratio(self, over: str, under: str) -> float | None:
        """One sum by another; None over nothing."""
        return self.count(over) / self.count(under) if self.count(under) else None

    def within(self, name: str, edges: Sequence[float], share: float) -> float | None:
        """A quantile of a spread, in milliseconds."""
        return quantile(edges, self.spread.get(name, ()), share) if name in self.spread else None


Course = dict[datetime, Measured]


def pipeline_course(span: Span, now: datetime, kind: str) -> Course:
    """What the processes of a kind (pipeline, collector) did together, by bucket."""
    starts = span.starts(now)
    if span.grain is not StoreGrain.MINUTE:
        return ops_course(span, now, kind)
    rows = PipelineMinute.objects.filter(minute__gte=starts[0], minute__lte=starts[-1], process__startswith=kind)
    return _gathered(starts, [(row.minute, row.counts, row.histograms) for row in rows])


def ops_course(span: Span, now: datetime, source: str) -> Course:
    """What the machine or the web processes measured, by bucket."""
    starts = span.starts(now)
    grain = OpsPoint.MINUTE if span.grain is StoreGrain.MINUTE else OpsPoint.HOUR
    rows = OpsPoint.objects.filter(grain=grain, source=source, at__gte=starts[0], at__lte=starts[-1])
    return _gathered(starts, [(row.at, row.counts, row.histograms) for row in rows.order_by("at")])


def whole(course: Course) -> Measured:
    """A course as one."""
    return Measured(
        added(found.counts for found in course.values()), added_lists(found.spread for found in course.values())
    )


def stages(measured: Measured) -> list[tuple[str, dict[str, float | None]]]:
    """The stages of the pipeline with the median, p95 and p99 of a batch in milliseconds."""
    return [
        (name.removeprefix(_STAGE), {f"p{round(share * 100)}": measured.within(name, STAGE_MS, share)
                                     for share in (0.5, 0.95, 0.99)})
        for name in measured.spread if name.startswith(_STAGE)
    ]


def waited(measured: Measured, share: float) -> float | None:
    """Within how many milliseconds this share of events was counted after it was accepted."""
    return measured.within("delay", DELAY_MS, share)


@dataclass(frozen=True, slots=True)
class Door:
    """Where requests come in, and what is known of them: `of` says under which names a measurement keeps them."""

    key: str
    edges: Sequence[float]
    requests: str
    failed: tuple[str, ...]
    refused: tuple[str, ...]

    def requests_in(self, measured: Measured) -> float:
        """How many were answered."""
        return measured.count(self.requests)

    def share(self, measured: Measured, names: tuple[str, ...]) -> float | None:
        """The share of requests that ended so; None where there was none."""
        asked = self.requests_in(measured)
        return sum(measured.count(name) for name in names) / asked if asked else None

    def answered(self, measured: Measured, share: float) -> float | None:
        """Within how many milliseconds this share of requests was answered."""
        return measured.within("answer" if self.key == "collector" else self.key, self.edges, share)


COLLECTOR = Door(
    "collector", ANSWER_MS, "requests", ("status_503",),
    tuple(f"status_{status}" for status in (400, 401, 403, 404, 413, 429)),
)
API, PAGES = (
    Door(key, EDGES_MS, f"{key}_requests", (f"{key}_failed",), (f"{key}_refused",)) for key in ("api", "pages")
)


def uptime(course: Course) -> float | None:
    """The share of minutes in which a process gave a sign of life, from the first that was measured on; None
    before."""
    minutes = [bool(found.count("alive")) for found in course.values()]
    if True not in minutes:
        return None
    known = minutes[minutes.index(True) : -1] or minutes[-1:]
    return sum(known) / len(known)


def _gathered(starts: list[datetime], rows: list[tuple[datetime, dict[str, Any], dict[str, list[int]]]]) -> Course:
    found = {start: Measured() for start in starts}
    for at, counts, spread in rows:
        bucket = found.get(at)
        if bucket is not None:
            bucket.counts = added((bucket.counts, counts))
            bucket.spread = added_lists((bucket.spread, spread))
    return found
