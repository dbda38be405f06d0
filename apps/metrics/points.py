"""The default source: points by hour, with the hours that are not counted yet read from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy import tenant
from apps.metrics import live, registry
from apps.metrics.calendar_math import floor_hour
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Measures, Operator, Query, Row
from apps.metrics.models import FillState, MetricPoint
from apps.metrics.registry import POINTS, Metric, Sample
from apps.metrics.rollup import HOUR, collect_hour, stored_measures

_MOST_LIVE_HOURS = 3
_NUMBER = DecimalField(max_digits=30, decimal_places=6)


class PointsSource:
    """Sums of `MetricPoint`, and of what collect counts in hours that have no points yet."""

    key = POINTS

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Whatever the collected metrics declare."""
        return tuple(sorted({by for metric in registry.collected() for by in metric.by}))

    def version(self, query: Query) -> str:
        """Changes with every recount and every fact that a feature reports."""
        return live.version(query.organization_ids, self.key)

    def visible(self, user: Any, membership: Any) -> tuple[int, ...] | None:
        """Points know no assignments: who may see only assigned objects sees none of them."""
        return ()

    def totals(self, query: Query) -> Measures:
        """Each measure over the window; the last hour counts by the part of it that lies inside."""
        found: dict[str, Decimal] = dict.fromkeys(query.measures, Decimal(0))
        rows = _rows(query).values("measure").annotate(total=_weighted(query))
        for row in rows:
            found[row["measure"]] += row["total"]
        for _, _, sample in _overlay(query):
            found[sample.measure] += sample.value
        return found

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by hour."""
        found: defaultdict[datetime, dict[str, Decimal]] = defaultdict(dict)
        for hour, measure, total in _rows(query).values_list("hour", "measure").annotate(total=Sum("value")):
            found[hour.astimezone(UTC)][measure] = total
        for _, hour, sample in _overlay(query):
            bucket = found[hour]
            bucket[sample.measure] = bucket.get(sample.measure, Decimal(0)) + sample.value
        return found

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by a dimension, an organization or a subject; the largest first."""
        found: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
        rows = _rows(query).annotate(line=_line(by)).values_list("line", "measure").annotate(total=_weighted(query))
        for line, measure, total in rows:
            found[str(line or "")][measure] = total
        for organization_id, _, sample in _overlay(query):
            line = _line_of(sample, by, organization_id)
            found[line][sample.measure] = found[line].get(sample.measure, Decimal(0)) + sample.value
        ranked = sorted(found.items(), key=lambda item: (-item[1].get(order, Decimal(0)), item[0]))
        return [Row(value, measures) for value, measures in ranked[offset : offset + limit]]


def _rows(query: Query) -> QuerySet[MetricPoint]:
    rows = MetricPoint.objects.filter(
        organization_id__in=query.organization_ids,
        measure__in=query.measures,
        hour__gte=query.window.start,
        hour__lt=query.window.end,
    )
    if query.subjects:
        rows = rows.filter(subject__in=query.subjects)
    for condition in query.filters:
        rows = rows.filter(_condition(condition))
    return rows.order_by()


def _weighted(query: Query) -> Sum:
    end = query.window.end.astimezone(UTC)
    last = floor_hour(end, query.window.zone)
    if last == end:
        return Sum("value")
    part = Decimal((end - last) // timedelta(seconds=1)) / 3600
    weight = Case(When(hour__gte=last, then=Value(part, _NUMBER)), default=Value(Decimal(1), _NUMBER))
    return Sum(F("value") * weight, output_field=_NUMBER)


def _line(by: str) -> Any:
    if by == BY_ORGANIZATION:
        return F("organization_id")
    return F("subject") if by == BY_SUBJECT else KeyTextTransform(by, "dims")


def _line_of(sample: Sample, by: str, organization_id: int) -> str:
    if by == BY_ORGANIZATION:
        return str(organization_id)
    return str(sample.subject) if by == BY_SUBJECT else sample.dims.get(by, "")


def _condition(item: Filter) -> Q:
    path = f"dims__{item.dimension}"
    if item.operator is Operator.CONTAINS:
        return reduce(or_, (Q(**{f"{path}__icontains": value}) for value in item.values))
    # A dimension that says nothing is not stored: its key is not there.
    silent = ~Q(dims__has_key=item.dimension)
    found = reduce(or_, (Q(**{path: value}) if value else silent for value in item.values))
    if item.operator is not Operator.IS_NOT:
        return found
    return ~found if "" in item.values else ~found | silent


def _holds(item: Filter, sample: Sample) -> bool:
    value = sample.dims.get(item.dimension, "")
    if item.operator is Operator.CONTAINS:
        return any(part.lower() in value.lower() for part in item.values)
    return (value in item.values) is not (item.operator is Operator.IS_NOT)


def _overlay(query: Query) -> list[tuple[int, datetime, Sample]]:
    """(organization, hour, sample) of the running hour and of closed ones the rollup has not come to."""
    now = timezone.now()
    if query.window.end < now - HOUR * _MOST_LIVE_HOURS or query.window.start > now:
        return []
    metrics = [metric for metric in registry.collected() if set(stored_measures(metric)) & set(query.measures)]
    found = []
    for organization in Organization.objects.filter(id__in=query.organization_ids) if metrics else ():
        with tenant(organization.id):
            for metric in metrics:
                for hour in _uncounted(metric, organization, query, now):
                    found += [
                        (organization.id, hour, sample)
                        for sample in collect_hour(metric, organization.tz, hour)
                        if _wanted(sample, query)
                    ]
    return found


def _uncounted(metric: Metric, organization: Organization, query: Query, now: datetime) -> list[datetime]:
    open_hour = floor_hour(now, organization.tz)
    start, end = query.window.start.astimezone(UTC), query.window.end.astimezone(UTC)
    hours = [open_hour - HOUR * back for back in range(_MOST_LIVE_HOURS)]
    counted = {
        hour.astimezone(UTC)
        for hour in FillState.objects.filter(metric=metric.key, hour__in=hours, filled_at__isnull=False).values_list(
            "hour", flat=True
        )
    }
    return [hour for hour in hours if hour not in counted and start <= hour < end]


def _wanted(sample: Sample, query: Query) -> bool:
    if sample.measure not in query.measures or (query.subjects and sample.subject not in query.subjects):
        return False
    return all(_holds(item, sample) for item in query.filters)
