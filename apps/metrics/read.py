"""The doors through which every number leaves: pages, API, live messages, mails and exports call nothing else.

    page(keys, frame)       value, change and series of many metrics: one query a source and window, however many
    value(key, frame)       one number
    compare(key, frame)     one number against the comparison, cut to the same elapsed part while the period is open
    series(key, frame)      one number over time
    breakdown(keys, frame, by=…)      the rows of a table, largest first
    by_organization(keys, frame)      an agency's clients, one query a source

All raise PermissionDenied when the frame's viewer may not see a metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from apps.metrics import cached, gather, registry
from apps.metrics.answers import Answer, Breakdown, Comparison, Line, Page, Series
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Number, Row, Window
from apps.metrics.frame import Frame
from apps.metrics.gather import Sums
from apps.metrics.registry import Metric, Unit

_MOST_RANKED = 1000  # rows that a table sorted by a derived metric is ranked from


def value(key: str, frame: Frame) -> Answer:
    """One number over the frame's period."""
    (metric,) = gather.allowed([key], frame)
    sums = gather.totals([metric], frame, frame.period.window)
    until = gather.until([metric], frame)[key]
    return Answer(metric, _worked_out(metric, sums), frame.currency, until)


def compare(key: str, frame: Frame) -> Comparison:
    """One number, what it was in the comparison, and the change."""
    return page([key], frame, with_series=False).answers[key]


def series(key: str, frame: Frame) -> Series:
    """One number by bucket, beside its comparison."""
    return _series(gather.allowed([key], frame), frame)[key]


def page(keys: Sequence[str], frame: Frame, *, with_series: bool = True) -> Page:
    """Everything a row of cards and their chart need."""
    metrics = gather.allowed(keys, frame)
    sums = gather.totals(metrics, frame, frame.period.window)
    window = frame.period.comparison_so_far
    before = gather.totals_before(metrics, frame, window) if window else None
    until = gather.until(metrics, frame)
    answers = {
        metric.key: Comparison(
            metric=metric,
            value=_worked_out(metric, sums),
            currency=frame.currency,
            until=until[metric.key],
            previous=_worked_out(metric, before) if before is not None else None,
        )
        for metric in metrics
    }
    return Page(answers, _series(metrics, frame) if with_series else {})


def breakdown(
    keys: Sequence[str], frame: Frame, *, by: str, order: str = "", limit: int = 10, offset: int = 0
) -> Breakdown:
    """Rows by one dimension. `order` is the metric to sort by: the first of `keys` unless told.

    The metrics of one table must come from one source; raises ValueError otherwise, and for a dimension they lack.
    """
    metrics = gather.allowed(keys, frame)
    leader = registry.get(order or keys[0])
    found = gather.needs(metrics, frame)
    if len(found) != 1:
        raise ValueError(f"{', '.join(keys)} do not come from one source")
    if by not in {BY_ORGANIZATION, BY_SUBJECT} and any(by not in metric.by for metric in metrics):
        raise ValueError(f"{', '.join(keys)} cannot be broken down by {by}")
    rows = [] if found[0].nothing else _ranked(leader, found[0], frame, by, limit + 1, offset)
    total = _additive_total(leader, frame) if rows else None
    lines = tuple(_line(row, metrics, leader, found[0].source, total) for row in rows[:limit])
    return Breakdown(tuple(metrics), by, leader.key, frame.currency, lines, more=len(rows) > limit)


def by_organization(
    keys: Sequence[str], frame: Frame, currencies: Mapping[int, str]
) -> dict[int, dict[str, Comparison]]:
    """The metrics of each of the frame's organizations, which must share a zone; they must all be in scope."""
    metrics = gather.allowed(keys, frame)
    now = _sums_by_organization(metrics, frame, frame.period.window)
    window = frame.period.comparison_so_far
    before = _sums_by_organization(metrics, frame, window) if window else None
    until = gather.until(metrics, frame)
    return {
        org_id: {
            metric.key: Comparison(
                metric=metric,
                value=_worked_out(metric, now.get(org_id, {})),
                currency=currencies[org_id],
                until=until[metric.key],
                previous=_worked_out(metric, before.get(org_id, {})) if before is not None else None,
            )
            for metric in metrics
        }
        for org_id in frame.organization_ids
    }


def _series(metrics: Sequence[Metric], frame: Frame) -> dict[str, Series]:
    period = frame.period
    starts, sums = gather.buckets(metrics, frame, period.window)
    open_index, begun = gather.ahead(starts, frame)
    before_starts, before = gather.buckets(metrics, frame, period.comparison) if period.comparison else ((), [])
    return {
        metric.key: Series(
            metric=metric,
            grain=period.grain,
            currency=frame.currency,
            times=starts,
            values=tuple(
                _worked_out(metric, bucket) if index < begun else None for index, bucket in enumerate(sums)
            ),
            comparison_times=before_starts,
            comparison=tuple(_worked_out(metric, bucket) for bucket in before),
            open_index=open_index,
        )
        for metric in metrics
    }


def _worked_out(metric: Metric, sums: Sums) -> Number | None:
    """The value, as the type its unit has: whole counts are int, money is Decimal, the rest float."""
    number = registry.evaluate(metric, sums)
    if number is None:
        return None
    if metric.unit is Unit.MONEY:
        return number if isinstance(number, Decimal) else Decimal(str(number))
    if metric.unit is Unit.COUNT and number == int(number):
        return int(number)
    return float(number)


def _ranked(leader: Metric, need: gather.Need, frame: Frame, by: str, limit: int, offset: int) -> list[Row]:
    source, query = registry.get_source(need.source), need.query(frame, frame.period.window)
    derived = leader.formula is not None
    order = [measure for _, measure in registry.needs(leader)][-1]
    if order not in query.measures:
        raise ValueError(f"the rows do not hold {leader.key}, which they are to be sorted by")
    span = (_MOST_RANKED, 0) if derived else (limit, offset)
    rows = cached.ask(
        source, "breakdown", query,
        lambda: list(source.breakdown(query, by, order=order, limit=span[0], offset=span[1])),
        by, order, *span,
    )
    if not derived:
        return rows
    rows = sorted(rows, key=lambda row: -float(_row_value(leader, row, need.source) or 0))
    return rows[offset : offset + limit]


def _row_value(metric: Metric, row: Row, source: str) -> Number | None:
    return _worked_out(metric, {(source, measure): number for measure, number in row.measures.items()})


def _additive_total(metric: Metric, frame: Frame) -> float | None:
    """What a row's share is a share of; None where shares make no sense."""
    if metric.unit not in {Unit.COUNT, Unit.MONEY} or metric.formula is not None:
        return None
    sums = gather.totals([metric], frame, frame.period.window)
    return float(registry.evaluate(metric, sums) or 0) or None


def _line(row: Row, metrics: Sequence[Metric], leader: Metric, source: str, total: float | None) -> Line:
    values = {metric.key: _row_value(metric, row, source) for metric in metrics}
    led = values.get(leader.key) if leader.key in values else _row_value(leader, row, source)
    share = min(float(led or 0) / total, 1.0) if total else None
    return Line(row.value, values, share)


def _sums_by_organization(metrics: Sequence[Metric], frame: Frame, window: Window) -> dict[int, Sums]:
    found: dict[int, Sums] = {org_id: {} for org_id in frame.organization_ids}
    for need in gather.needs(metrics, frame):
        if need.nothing:
            continue
        source, query = registry.get_source(need.source), need.query(frame, window)
        order, limit = need.measures[0], len(frame.organization_ids)
        rows = cached.ask(
            source, "organizations", query,
            lambda s=source, q=query, o=order, n=limit: list(s.breakdown(q, BY_ORGANIZATION, order=o, limit=n)),
            order, limit,
        )
        for row in rows:
            if int(row.value) in found:
                found[int(row.value)] |= {(need.source, measure): number for measure, number in row.measures.items()}
    return found
