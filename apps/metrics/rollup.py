"""Collected metrics are counted hour by hour: whole, idempotently, and again when a late fact comes in.

An hour is an hour of the organization's clock. Its points are deleted and written anew in one transaction that
holds the hour's FillState row; a late fact marks that row in its own transaction, so either the count sees the fact
or the mark comes after the count and the hour is counted again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy import tenant
from apps.metrics import live, registry
from apps.metrics.calendar_math import floor_hour
from apps.metrics.contracts import Grain, Window
from apps.metrics.models import FillState, MetricPoint
from apps.metrics.registry import POINTS, Metric, Sample

log = structlog.get_logger(__name__)

HOUR = timedelta(hours=1)
FIRST_HOURS = 24  # how far back a metric starts that was never counted; older hours are for backfill_metric
State = FillState.State


def roll_up(organization: Organization, *, now: datetime | None = None) -> int:
    """Count every closed hour that is due, of every collected metric; returns how many hours were counted."""
    now = now or timezone.now()
    done = 0
    with tenant(organization.id):
        for metric in registry.collected():
            for hour in due_hours(metric, organization.tz, now):
                fill_hour(metric, organization, hour)
                done += 1
    if done:
        live.mark_dirty([organization.id], POINTS)
    return done


def due_hours(metric: Metric, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """Closed hours of the organization in scope that are to be counted: new ones, interrupted ones, changed ones."""
    open_hour = floor_hour(now, zone)
    states = FillState.objects.filter(metric=metric.key)
    newest = states.order_by("-hour").values_list("hour", flat=True).first()
    hour = floor_hour(newest + HOUR, zone) if newest else open_hour - HOUR * FIRST_HOURS
    due = list(states.filter(state=State.STARTED, hour__lt=open_hour).order_by("hour").values_list("hour", flat=True))
    while hour < open_hour:
        due.append(hour)
        hour += HOUR
    return due


def fill_hour(metric: Metric, organization: Organization, hour: datetime) -> int:
    """Count one hour of the organization in scope from its facts; returns how many points it has."""
    FillState.objects.get_or_create(metric=metric.key, hour=hour)
    with transaction.atomic():
        state = FillState.objects.select_for_update().get(metric=metric.key, hour=hour)
        points = _points(metric, organization, hour)
        MetricPoint.objects.filter(hour=hour, measure__in=stored_measures(metric)).delete()
        MetricPoint.objects.bulk_create(points)
        state.state, state.filled_at = State.DONE, timezone.now()
        state.save(update_fields=["state", "filled_at"])
    return len(points)


def mark_hours(metric_key: str, organization: Organization, instants: Iterable[datetime]) -> None:
    """Facts of these instants came in, changed or went: their hours are to be counted again.

    Call it in the transaction that writes the facts. Marks open pages too. The running hour needs no mark: it is
    counted when it is asked for.
    """
    open_hour = floor_hour(timezone.now(), organization.tz)
    hours = {floor_hour(instant, organization.tz) for instant in instants}
    for hour in sorted(hour for hour in hours if hour < open_hour):
        FillState.objects.update_or_create(metric=metric_key, hour=hour, defaults={"state": State.STARTED})
    transaction.on_commit(lambda: live.mark_dirty([organization.id], POINTS), robust=True)


def backfill(metric: Metric, organization: Organization, days: int, *, now: datetime | None = None) -> int:
    """Count every closed hour of the last days anew; returns how many. Interrupted, it can be run again."""
    end = floor_hour(now or timezone.now(), organization.tz)
    hour, done = end - timedelta(days=days), 0
    with tenant(organization.id):
        while hour < end:
            fill_hour(metric, organization, hour)
            hour += HOUR
            done += 1
    live.mark_dirty([organization.id], POINTS)
    return done


def collect_hour(metric: Metric, zone: ZoneInfo, hour: datetime) -> list[Sample]:
    """The metric's samples of one hour, straight from the facts; rows of the same kind added up, zeros left out."""
    if metric.collect is None:
        raise ValueError(f"{metric.key} is not collected")
    start = hour.astimezone(UTC)
    sums: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for sample in metric.collect(Window(start.astimezone(zone), (start + HOUR).astimezone(zone), zone, Grain.HOUR)):
        dims = tuple(sorted((key, value) for key, value in sample.dims.items() if value))
        sums[sample.measure, sample.subject, dims] += Decimal(str(sample.value))
    return [
        Sample(value, subject, dict(dims), stored_name(metric, measure))
        for (measure, subject, dims), value in sums.items()
        if value
    ]


def stored_name(metric: Metric, measure: str) -> str:
    """The name a sample's measure is stored under."""
    return f"{metric.key}.{measure}" if measure else metric.key


def stored_measures(metric: Metric) -> tuple[str, ...]:
    """Every name the metric's points may be stored under."""
    return metric.stored if metric.formula is not None else (metric.key,)


def _points(metric: Metric, organization: Organization, hour: datetime) -> list[MetricPoint]:
    return [
        MetricPoint(
            organization_id=organization.id,
            measure=sample.measure,
            hour=hour,
            subject=sample.subject,
            dims=dict(sample.dims),
            value=sample.value,
        )
        for sample in collect_hour(metric, organization.tz, hour)
    ]
