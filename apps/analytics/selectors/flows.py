"""What became of events, bucket by bucket: for an organization's sites from `SiteFlow`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection

from apps.analytics.enums import StoreGrain
from apps.analytics.histograms import DELAY_MS
from apps.metrics.formulas import Quantile

OUTCOMES = ("stored", "duplicates", "bots", "spam", "hostnames", "invalid", "limited", "failed")
LEFT_OUT = ("duplicates", "bots", "spam", "hostnames", "invalid", "limited")
_SUMS = ", ".join(f"sum({name})::bigint" for name in OUTCOMES)
_BY_BUCKET = f"""SELECT bucket, {_SUMS} FROM analytics_siteflow
WHERE site_id = ANY(%s) AND grain = %s AND bucket >= %s AND bucket < %s GROUP BY bucket"""
_DELAYS = """SELECT f.bucket, w.place - 1, sum(w.n)::bigint FROM analytics_siteflow f,
    unnest(f.delay) WITH ORDINALITY AS w (n, place)
WHERE f.site_id = ANY(%s) AND f.grain = %s AND f.bucket >= %s AND f.bucket < %s AND w.n > 0 GROUP BY 1, 2"""
_BY_SITE = f"""SELECT site_id, {_SUMS} FROM analytics_siteflow
WHERE site_id = ANY(%s) AND grain = %s AND bucket >= %s AND bucket < %s GROUP BY site_id"""


def quantile(edges: Sequence[float], counts: Sequence[int], share: float) -> float | None:
    """A quantile of a spread kept in buckets; None when nothing was counted."""
    formula = Quantile(share, tuple(map(str, range(len(edges) - 1))), tuple(edges))
    return formula.work_out(counts, [])  # type: ignore[return-value]


@dataclass(slots=True)
class Flow:
    """What became of the events of one stretch of time, and how long those taken in waited (buckets of DELAY_MS)."""

    stored: int = 0
    duplicates: int = 0
    bots: int = 0
    spam: int = 0
    hostnames: int = 0
    invalid: int = 0
    limited: int = 0
    failed: int = 0
    delay: list[int] = field(default_factory=lambda: [0] * (len(DELAY_MS) - 1))

    @property
    def received(self) -> int:
        """Everything that came."""
        return sum(getattr(self, name) for name in OUTCOMES)

    @property
    def left_out(self) -> int:
        """Understood and not counted, or refused."""
        return sum(getattr(self, name) for name in LEFT_OUT)

    def waited(self, share: float) -> float | None:
        """Within how many milliseconds this share was counted."""
        return quantile(DELAY_MS, self.delay, share)

    def add(self, other: Flow) -> None:
        """Another stretch as well."""
        for name in OUTCOMES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delay = [a + b for a, b in zip(self.delay, other.delay, strict=True)]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that ends now, cut into minutes or hours."""

    key: str
    step: timedelta
    number: int
    grain: StoreGrain

    def starts(self, now: datetime) -> list[datetime]:
        """Where its buckets begin; the last one is still running."""
        now = now.astimezone(UTC).replace(second=0, microsecond=0)
        last = now if self.grain is StoreGrain.MINUTE else now.replace(minute=0)
        return [last - self.step * (self.number - 1 - index) for index in range(self.number)]


SPANS = {
    span.key: span
    for span in (
        Span("60m", timedelta(minutes=1), 60, StoreGrain.MINUTE), Span("24h", timedelta(hours=1), 24, StoreGrain.HOUR),
        Span("7d", timedelta(hours=1), 168, StoreGrain.HOUR),
    )
}


def course(site_ids: Sequence[int], span: Span, now: datetime) -> dict[datetime, Flow]:
    """What became of the events of these sites, by bucket; every bucket is there. Sites of a zone that is half an hour
    off keep their hours half an hour off, which count to the hour they begin in."""
    starts = span.starts(now)
    found = {start: Flow() for start in starts}
    params = [list(site_ids), int(span.grain), starts[0], starts[-1] + span.step]
    with connection.cursor() as cursor:
        cursor.execute(_BY_BUCKET, params)
        for bucket, *sums in cursor.fetchall():
            flow = found[_floor(bucket, span)]
            for name, value in zip(OUTCOMES, sums, strict=True):
                setattr(flow, name, getattr(flow, name) + value)
        cursor.execute(_DELAYS, params)
        for bucket, place, count in cursor.fetchall():
            found[_floor(bucket, span)].delay[place] += count
    return found


def by_site(site_ids: Sequence[int], start: datetime, end: datetime) -> dict[int, Flow]:
    """What became of the events of each site over whole days (of the organization's zone) in [start, end)."""
    found = {site_id: Flow() for site_id in site_ids}
    with connection.cursor() as cursor:
        cursor.execute(_BY_SITE, [list(site_ids), int(StoreGrain.DAY), start, end])
        for site_id, *sums in cursor.fetchall():
            found[site_id] = Flow(*sums)
    return found


def together(flows: Sequence[Flow]) -> Flow:
    """Several stretches as one."""
    whole = Flow()
    for flow in flows:
        whole.add(flow)
    return whole


def _floor(bucket: datetime, span: Span) -> datetime:
    moment = bucket.astimezone(UTC).replace(second=0, microsecond=0)
    return moment if span.grain is StoreGrain.MINUTE else moment.replace(minute=0)
