"""What the doors of `read` answer with. Values are numbers; `apps.metrics.words` and `present` make text of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.metrics.contracts import Grain, Number
from apps.metrics.registry import Metric, Tone
from apps.metrics.words import is_no_change, say


@dataclass(frozen=True, slots=True)
class Answer:
    """A number, of what, in which currency, complete until when. `value` is None where there is none."""

    metric: Metric
    value: Number | None
    currency: str
    until: datetime

    @property
    def text(self) -> str:
        """The value in the active language, in full: 1,204 · 18.2 % · €3,412.50 · 3 min 20 s."""
        return say(self.value, self.metric.unit, self.currency)

    @property
    def tone(self) -> Tone:
        """What the metric's thresholds say of the value."""
        if self.metric.thresholds is None:
            return Tone.NEUTRAL
        return self.metric.thresholds.tone(self.value, self.metric.better)


@dataclass(frozen=True, slots=True)
class Comparison(Answer):
    """An answer beside what it was. `previous` is None when nothing was asked for or there is no value."""

    previous: Number | None = None

    @property
    def change(self) -> float | None:
        """As a fraction of the previous value; None over nothing. A percentage changes by its points."""
        if self.value is None or self.previous is None:
            return None
        if self.metric.unit == "percent":
            return float(self.value) - float(self.previous)
        if not self.previous:
            return None
        return (float(self.value) - float(self.previous)) / abs(float(self.previous))

    @property
    def direction(self) -> str:
        """up, down or flat."""
        change = self.change
        if self.value is None or self.previous is None or (change is not None and is_no_change(change)):
            return "flat"
        if self.value == self.previous:
            return "flat"
        return "up" if float(self.value) > float(self.previous) else "down"


@dataclass(frozen=True, slots=True)
class Series:
    """A number by bucket. `times` are the buckets' starts in the organization's zone; a value is None where a
    ratio has none, and in buckets that lie ahead. `open_index` is the bucket that is still filling."""

    metric: Metric
    grain: Grain
    currency: str
    times: tuple[datetime, ...]
    values: tuple[Number | None, ...]
    comparison_times: tuple[datetime, ...] = ()
    comparison: tuple[Number | None, ...] = ()
    open_index: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Answers and series by metric key."""

    answers: Mapping[str, Comparison]
    series: Mapping[str, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a breakdown. `share` is the part of the whole period's total, of the ordering metric."""

    value: str
    values: Mapping[str, Number | None]
    share: float | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows by one dimension, largest first; `more` says that rows follow."""

    metrics: tuple[Metric, ...]
    by: str
    order: str
    currency: str
    lines: tuple[Line, ...]
    more: bool = False
