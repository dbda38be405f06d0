"""From metrics to the fewest questions to sources: one a source and window, however many metrics are asked for."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.metrics import cached, registry
from apps.metrics.calendar_math import bucket_index, bucket_starts, midnight
from apps.metrics.contracts import Number, Query, Window
from apps.metrics.frame import Frame
from apps.metrics.registry import Metric

Sums = dict[tuple[str, str], Number]


@dataclass(frozen=True, slots=True)
class Need:
    """The measures of one source, over the subjects the viewer may see. `nothing` means they may see none."""

    source: str
    subjects: tuple[int, ...]
    measures: tuple[str, ...]
    nothing: bool = False

    def query(self, frame: Frame, window: Window) -> Query:
        """As the source is asked."""
        return frame.query(self.measures, window, self.subjects)


def allowed(keys: Iterable[str], frame: Frame) -> list[Metric]:
    """The metrics, when the viewer may see them all; raises PermissionDenied, and KeyError for an unknown one."""
    metrics = [registry.get(key) for key in keys]
    for action in {metric.action for metric in metrics}:
        if not frame.viewer.may(action):
            raise PermissionDenied(action)
    return metrics


def needs(metrics: Sequence[Metric], frame: Frame) -> list[Need]:
    """What has to be asked of which source. Metrics that reach differently far are asked apart."""
    wanted: defaultdict[tuple[str, tuple[int, ...] | None], set[str]] = defaultdict(set)
    for metric in metrics:
        for source, measure in registry.needs(metric):
            wanted[source, _subjects(source, metric.action, frame)].add(measure)
    return [
        Need(source, subjects or (), tuple(sorted(measures)), nothing=subjects is None)
        for (source, subjects), measures in wanted.items()
    ]


def totals(metrics: Sequence[Metric], frame: Frame, window: Window) -> Sums:
    """Sums over a window, by source and measure."""
    found: Sums = {}
    for need in needs(metrics, frame):
        found |= _sums(need, frame, window)
    return found


def totals_before(metrics: Sequence[Metric], frame: Frame, window: Window) -> Sums:
    """Sums over a comparison. Of a source that is `late` by nature (days, not minutes) only as much of it is taken as
    there is of the period, lest every period that is not over looks like a fall."""
    found: Sums = {}
    for need in needs(metrics, frame):
        found |= _sums(need, frame, _as_far(need, frame, window))
    return found


def _sums(need: Need, frame: Frame, window: Window) -> Sums:
    if need.nothing:
        return {}
    source, query = registry.get_source(need.source), need.query(frame, window)
    sums = cached.ask(source, "totals", query, lambda: dict(source.totals(query)))
    return {(need.source, measure): number for measure, number in sums.items()}


def _as_far(need: Need, frame: Frame, window: Window) -> Window:
    """The comparison, as many days long as the period has figures."""
    source, period = registry.get_source(need.source), frame.period.window
    fresh = source.fresh_until(need.query(frame, period)) if getattr(source, "late", False) else None  # type: ignore[attr-defined]
    if fresh is None or fresh >= period.end:
        return window
    days = max((fresh.astimezone(period.zone).date() - period.start.astimezone(period.zone).date()).days, 0)
    first = window.start.astimezone(window.zone).date()
    end = min(midnight(first + timedelta(days=days), window.zone).astimezone(UTC), window.end.astimezone(UTC))
    return dataclasses.replace(window, end=end.astimezone(window.zone))


def buckets(metrics: Sequence[Metric], frame: Frame, window: Window) -> tuple[tuple[datetime, ...], list[Sums]]:
    """The buckets' starts, and their sums."""
    starts = bucket_starts(window)
    edges = [start.astimezone(UTC) for start in starts]
    found: list[Sums] = [{} for _ in edges]
    for need in needs(metrics, frame):
        if need.nothing:
            continue
        source, query = registry.get_source(need.source), need.query(frame, window)
        rows = cached.ask(source, "series", query, lambda s=source, q=query: _rows(s.series(q)))
        for moment, measures in rows:
            bucket = found[bucket_index(edges, moment)]
            for measure, number in measures.items():
                key = need.source, measure
                bucket[key] = bucket.get(key, 0) + number  # type: ignore[operator]
    return starts, found


def until(metrics: Sequence[Metric], frame: Frame) -> dict[str, datetime]:
    """By metric: up to when its answers are complete. What is made from several is as old as the oldest."""
    end = frame.period.window.end.astimezone(UTC)
    now = min(frame.period.now.astimezone(UTC), end)
    known: dict[str, datetime] = {}
    for need in needs(metrics, frame):
        source = registry.get_source(need.source)
        ask = getattr(source, "fresh_until", None)
        fresh = ask(need.query(frame, frame.period.window)) if ask else None
        known[need.source] = min(fresh.astimezone(UTC), now) if fresh else now
    return {
        metric.key: min((known[source] for source, _ in registry.needs(metric)), default=now) for metric in metrics
    }


def ahead(starts: Sequence[datetime], frame: Frame) -> tuple[int | None, int]:
    """The bucket that is filling (None when all are full), and how many have begun."""
    now = frame.period.now.astimezone(UTC)
    begun = sum(1 for start in starts if start.astimezone(UTC) <= now)
    still_open = begun - 1 if begun and now < frame.period.window.end.astimezone(UTC) else None
    return still_open, begun


def now() -> datetime:
    """The instant of asking."""
    return timezone.now()


def _rows(series: Mapping[datetime, Mapping[str, Number]]) -> list[tuple[datetime, dict[str, Number]]]:
    return [(moment.astimezone(UTC), dict(measures)) for moment, measures in series.items()]


def _subjects(source_key: str, action: str, frame: Frame) -> tuple[int, ...] | None:
    """Those of the frame's subjects that the viewer may see; None for none at all, () for all."""
    if not frame.viewer.limited(action):
        return frame.subjects
    see = getattr(registry.get_source(source_key), "visible", None)
    visible = see(frame.viewer.user, frame.viewer.membership) if see else ()
    if visible is None:
        return frame.subjects
    both = set(visible) & set(frame.subjects) if frame.subjects else set(visible)
    return tuple(sorted(both)) or None
