"""Every number is declared here once. Cards, charts, alerts, exports, live messages and the API are made from it.

Three kinds. *Collected*: `collect` counts one closed hour from the facts, `apps.metrics.rollup` keeps the points.
*Counted*: the metric names another `source`, which its feature fills itself. *Derived*: a `formula` over other
metrics, worked out after everything has been added up, so that averages are never averaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise

from apps.metrics.contracts import Number, Source, Window
from apps.metrics.formulas import Formula

Words = str | Promise
POINTS = "points"
_KEY = re.compile(r"^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$")


class Unit(StrEnum):
    """What a value is. Money is in major units of the organization's currency, percent a fraction (0.18 is 18 %),
    duration in seconds, ratio a plain number with decimals (2.4 pages a visit)."""

    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    RATIO = "ratio"


class Better(StrEnum):
    """Which way is good."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Tone(StrEnum):
    """What a threshold says of a value."""

    NEUTRAL = "neutral"
    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Green from `green` on, yellow from `yellow` on, else red. Read downwards for a metric where less is better."""

    green: Number
    yellow: Number

    def tone(self, value: Number | None, better: Better) -> Tone:
        """The colour of a value; neutral when there is none."""
        if value is None:
            return Tone.NEUTRAL
        sign = -1 if better is Better.DOWN else 1
        number = sign * float(value)
        if number >= sign * float(self.green):
            return Tone.GOOD
        return Tone.ATTENTION if number >= sign * float(self.yellow) else Tone.BAD


@dataclass(frozen=True, slots=True)
class Sample:
    """One counted value of an hour: of which subject (a site, a store; 0 for none), under which dimensions.
    `measure` is needed only by metrics that store several (a histogram's buckets)."""

    value: Number
    subject: int = 0
    dims: Mapping[str, str] = field(default_factory=dict)
    measure: str = ""


Collect = Callable[[Window], Iterable[Sample]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The declaration of a number.

    `help` says what it counts, in an owner's words. `formula_text` says how, and is made from the labels for a
    derived metric. `by` are the dimensions it can be broken down by. `unique_over` names what a unique count is
    unique within ("day": a visitor who comes on two days counts twice over a week). `action` is what a person must
    be allowed to do to see it. `drill` is the name of the page that shows more, reversed with the slug.
    """

    key: str
    label: Words
    help: Words
    unit: Unit
    better: Better = Better.UP
    source: str = POINTS
    measure: str = ""
    formula: Formula | None = None
    formula_text: Words = ""
    collect: Collect | None = None
    by: tuple[str, ...] = ()
    thresholds: Thresholds | None = None
    unique_over: str = ""
    action: str = "metrics.view"
    drill: str = ""

    @property
    def kind(self) -> str:
        """collected, counted or derived."""
        if self.formula is not None and self.formula.operands:
            return "derived"
        return "collected" if self.source == POINTS else "counted"

    @property
    def stored(self) -> tuple[str, ...]:
        """The measures of its own source that it is made from; empty for a derived metric."""
        if self.formula is not None:
            return self.formula.measures
        return (self.measure or self.key,)


_metrics: dict[str, Metric] = {}
_sources: dict[str, Source] = {}


def register(metric: Metric) -> Metric:
    """Declare a metric. What it names (other metrics, source, action) may be declared later; a check looks at all."""
    if not _KEY.match(metric.key):
        raise ValueError(f"{metric.key!r} is not of the form app.name")
    if metric.key in _metrics:
        raise ValueError(f"metric {metric.key} is declared twice")
    if metric.collect is not None and metric.source != POINTS:
        raise ValueError(f"metric {metric.key} is collected into points and cannot name the source {metric.source}")
    _metrics[metric.key] = metric
    return metric


def get(key: str) -> Metric:
    """A metric by key; raises KeyError for a name nobody declared."""
    return _metrics[key]


def find(key: str) -> Metric | None:
    """A metric by a key that may come from outside."""
    return _metrics.get(key)


def all_metrics() -> tuple[Metric, ...]:
    """Every metric, by key."""
    return tuple(_metrics[key] for key in sorted(_metrics))


def collected() -> tuple[Metric, ...]:
    """The metrics that the hourly rollup keeps."""
    return tuple(metric for metric in all_metrics() if metric.collect is not None)


def register_source(source: Source) -> Source:
    """Add a place where stored measures live, under its key."""
    if source.key in _sources:
        raise ValueError(f"source {source.key} is registered twice")
    _sources[source.key] = source
    return source


def get_source(key: str) -> Source:
    """A source by key; raises KeyError."""
    return _sources[key]


def all_sources() -> tuple[Source, ...]:
    """Every source, by key."""
    return tuple(_sources[key] for key in sorted(_sources))


def needs(metric: Metric) -> Iterator[tuple[str, str]]:
    """Every (source, measure) that must be read to work the metric out, through all its formulas."""
    for measure in metric.stored:
        yield metric.source, measure
    if metric.formula is not None:
        for key in metric.formula.operands:
            yield from needs(get(key))


def evaluate(metric: Metric, sums: Mapping[tuple[str, str], Number]) -> Number | None:
    """The metric's value from sums by (source, measure). None where it has no value (a ratio over nothing)."""
    if metric.formula is None:
        return sums.get((metric.source, metric.stored[0]), 0)
    own = [sums.get((metric.source, measure), 0) for measure in metric.formula.measures]
    others = [evaluate(get(key), sums) for key in metric.formula.operands]
    return metric.formula.work_out(own, others)


def formula_words(metric: Metric) -> Words:
    """How the number is made, in words."""
    if metric.formula_text or metric.formula is None:
        return metric.formula_text
    return metric.formula.words([str(get(key).label) for key in metric.formula.operands])
