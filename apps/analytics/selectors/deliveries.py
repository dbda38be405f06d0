"""What became of the events a site sends on: figures per destination and minute, what waits, what failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from apps.analytics.enums import BreakerState, DeliveryState, Dimension, StoreGrain
from apps.analytics.histograms import REQUEST_MS
from apps.analytics.models import Delivery, DeliveryMinute, Destination, Rollup

_TOOK = """
SELECT m.destination_id, t.number, sum(t.count)::bigint FROM analytics_deliveryminute m,
    unnest(m.took) WITH ORDINALITY AS t(count, number)
WHERE m.destination_id = ANY(%s) AND m.minute >= %s AND m.minute < %s GROUP BY 1, 2
"""
UNSURE = "unsure"  # stands beside the states: deliveries that may have arrived once more than we know
COUNTS = ("sent", "failed", "retried", "dead", "skipped", "requests", "took_ms")


@dataclass(slots=True)
class DeliveryFigures:
    """Sums over a period. Events, except `requests` and the milliseconds they took; `failed` counts attempts."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    dead: int = 0
    skipped: int = 0
    requests: int = 0
    took_ms: int = 0
    took: list[int] = field(default_factory=lambda: [0] * (len(REQUEST_MS) - 1))

    @property
    def success_rate(self) -> float | None:
        """The share of attempts that succeeded, 0 to 1; None when there was none."""
        tried = self.sent + self.failed
        return self.sent / tried if tried else None

    @property
    def average_ms(self) -> float | None:
        """How long a request took on average."""
        return self.took_ms / self.requests if self.requests else None

    def quantile_ms(self, share: float) -> float | None:
        """How long that share of the requests took at most (0.5: the median), within the width of a bucket."""
        total, seen = sum(self.took), 0
        for number, count in enumerate(self.took):
            if count and seen + count >= share * total:
                low, high = REQUEST_MS[number], REQUEST_MS[number + 1]
                return low + (high - low) * (share * total - seen) / count
            seen += count
        return None

    def add(self, row: DeliveryMinute) -> None:
        """A minute more."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(row, name))
        for number, count in enumerate(row.took):
            self.took[number] += count


@dataclass(frozen=True, slots=True)
class DestinationRow:
    """A destination with its figures of a period, how many events wait now, how many failed for good in all, and of how
    many of those that are kept the answer was lost."""

    destination: Destination
    figures: DeliveryFigures
    waiting: int
    dead: int
    unsure: int


def destinations_listed(rows: Any, since: datetime, until: datetime) -> list[DestinationRow]:
    """The destinations of a queryset (of the scope), each with its figures since a moment."""
    found = list(rows.select_related("site", "connection"))
    figures = figures_by_destination([row.pk for row in found], since, until)
    counts = _standing([row.pk for row in found])
    return [
        DestinationRow(
            row, figures[row.pk], counts.get((row.pk, DeliveryState.WAITING), 0),
            counts.get((row.pk, DeliveryState.DEAD), 0), counts.get((row.pk, UNSURE), 0),
        )
        for row in found
    ]


def figures_by_destination(ids: Iterable[int], since: datetime, until: datetime) -> dict[int, DeliveryFigures]:
    """Figures of a period by destination; zeros for one at which nothing happened."""
    found = {pk: DeliveryFigures() for pk in ids}
    minutes = DeliveryMinute.objects.filter(destination_id__in=list(found), minute__gte=since, minute__lt=until)
    sums = {name: Sum(name) for name in COUNTS}
    for row in minutes.values("destination_id").annotate(**{f"sum_{name}": of for name, of in sums.items()}):
        for name in COUNTS:
            setattr(found[row["destination_id"]], name, row[f"sum_{name}"])
    with connection.cursor() as cursor:
        cursor.execute(_TOOK, [list(found), since, until])
        for pk, number, count in cursor.fetchall():
            found[pk].took[number - 1] = count
    return found


def figures_by_minute(ids: Iterable[int], since: datetime, until: datetime) -> dict[datetime, DeliveryFigures]:
    """Figures of several destinations together, by minute; minutes in which nothing happened are not there."""
    found: dict[datetime, DeliveryFigures] = {}
    minutes = DeliveryMinute.objects.filter(destination_id__in=list(ids), minute__gte=since, minute__lt=until)
    for row in minutes.order_by("minute").iterator(chunk_size=2000):
        found.setdefault(row.minute, DeliveryFigures()).add(row)
    return found


def delivery_rate(since: datetime, until: datetime) -> float | None:
    """The share of attempts that succeeded over every destination in scope, 0 to 1; None when there was none."""
    minutes = DeliveryMinute.objects.filter(minute__gte=since, minute__lt=until)
    totals = minutes.aggregate(sent=Sum("sent"), failed=Sum("failed"))
    tried = (totals["sent"] or 0) + (totals["failed"] or 0)
    return (totals["sent"] or 0) / tried if tried else None


def dead_deliveries(*, site_id: int | None = None) -> Any:
    """Deliveries in scope that failed for good, newest first, with destination and site: a queryset of `Delivery`
    (`finished_at`, `words`, `attempts`, `sent_as`); `deliveries_replay` in the services sends them again."""
    rows = Delivery.objects.filter(state=DeliveryState.DEAD)
    rows = rows.select_related("destination__site", "destination__connection")
    if site_id is not None:
        rows = rows.filter(destination__site_id=site_id)
    return rows.order_by("-id")


def deliveries_listed(destination: Destination, state: str = "") -> Any:
    """A destination's deliveries, newest first; of one state, those whose answer was lost, or all."""
    rows = Delivery.objects.filter(destination=destination)
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    elif state == UNSURE:
        rows = rows.filter(is_unsure=True)
    return rows.defer("payload", "log", "answer").order_by("-id")


def state_of(row: Destination, now: datetime | None = None) -> tuple[str, str]:
    """How a destination is doing, as (key, tone): paused, held, failing, trying, waiting, ok or new."""
    now = now or timezone.now()
    if not row.is_enabled:
        return "paused", "neutral"
    if row.breaker == BreakerState.OPEN:
        return "held", "bad"
    if row.breaker == BreakerState.HALF_OPEN:
        return "trying", "attention"
    if row.hold_until and row.hold_until > now:
        return "waiting", "attention"
    if row.failures:
        return "failing", "attention"
    return ("ok", "good") if row.last_ok_at else ("new", "info")


def _standing(ids: list[int]) -> dict[tuple[int, str], int]:
    rows = Delivery.objects.filter(
        destination_id__in=ids, state__in=(DeliveryState.WAITING, DeliveryState.DEAD)
    ).values_list("destination_id", "state").annotate(number=Count("id")).order_by()
    unsure = Delivery.objects.filter(destination_id__in=ids, is_unsure=True).exclude(state=DeliveryState.WAITING)
    unsure = unsure.values_list("destination_id")
    return {
        **{(destination, state): number for destination, state, number in rows},
        **{(pk, UNSURE): number for pk, number in unsure.annotate(number=Count("id")).order_by()},
    }


def today_of(zone: Any) -> tuple[datetime, datetime]:
    """Today in a zone, as instants."""
    start = timezone.localtime(timezone.now(), zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


def event_names(site: Any, days: int = 30) -> list[str]:
    """The events a site has sent lately, most frequent first."""
    since = timezone.now() - timedelta(days=days)
    rows = Rollup.objects.filter(site=site, dim=Dimension.EVENT, grain=StoreGrain.DAY, bucket__gte=since)
    found = rows.values_list("value").annotate(number=Sum("events")).order_by("-number")[:50]
    return [name for name, _number in found if name]
