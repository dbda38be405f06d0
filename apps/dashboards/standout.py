"""The one thing that matters today, in a sentence with its numbers; or, honestly, that nothing stands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from babel.dates import get_day_names
from django.utils.translation import gettext as _

from apps.dashboards.usual import Usual
from apps.metrics import read
from apps.metrics.answers import Comparison
from apps.metrics.frame import Frame
from apps.metrics.registry import Better, Metric, Unit
from apps.metrics.words import locale, say_percent

WORTH_SAYING = 0.15  # a smaller difference is no news, however sure
SURE = 2.0  # deviations from the usual, so that one day in twenty is called unusual by chance
FEWEST = 10  # with fewer events expected, chance is all there is to see
MOSTLY = 0.5  # a source must explain half of the difference to be named


@dataclass(frozen=True)
class Difference:
    """How far one metric is from what was to be expected."""

    metric: Metric
    value: float
    usual: float
    strength: float

    @property
    def part(self) -> float:
        """As a fraction of the usual."""
        return (self.value - self.usual) / self.usual


def weekday_name(frame: Frame) -> str:
    """Today's weekday in the active language."""
    return get_day_names("wide", locale=locale())[frame.period.today.weekday()]


def differences(
    answers: Mapping[str, Comparison], usual: Mapping[str, Usual], hours: float
) -> list[Difference]:
    """Metrics that are surely and noticeably off what this weekday has by this hour; the strongest first."""
    found = []
    for key, past in usual.items():
        answer = answers[key]
        if not past.is_known or answer.value is None:
            continue
        if difference := measured(answer.metric, float(answer.value), past.so_far(hours)):
            found.append(difference)
    return sorted(found, key=lambda item: -abs(item.strength))


def measured(metric: Metric, value: float, past: Sequence[float]) -> Difference | None:
    """The difference from past days, if it is big enough and no chance."""
    usual = median(past)
    if usual <= 0 or (metric.unit is Unit.COUNT and usual < FEWEST):
        return None
    spread = 1.4826 * median(abs(day - usual) for day in past)
    # Counts vary at least as much as chance makes them; sums of money more, for few and large amounts make them up.
    spread = max(spread, usual**0.5, usual * 0.05) if metric.unit is Unit.COUNT else max(spread, usual * 0.15)
    strength = (value - usual) / spread
    if abs(strength) < SURE or abs(value - usual) / usual < WORTH_SAYING:
        return None
    return Difference(metric, value, usual, strength)


def sentence(found: Sequence[Difference], usual: Mapping[str, Usual], hours: float, frame: Frame) -> str:
    """Today in one sentence."""
    weekday = weekday_name(frame)
    if found:
        return _told(found[0], weekday, main_cause(found[0], frame))
    if not any(past.is_known for past in usual.values()):
        return _("Three weeks of figures are needed to say what is usual on a %(weekday)s.") % {"weekday": weekday}
    if all(median(past.so_far(hours)) < FEWEST for past in usual.values() if past.is_known):
        return _("Little has usually happened by this time on a %(weekday)s.") % {"weekday": weekday}
    return _("An ordinary %(weekday)s so far: nothing stands out.") % {"weekday": weekday}


def _told(item: Difference, weekday: str, cause: str) -> str:
    facts = {"metric": item.metric.label, "part": say_percent(abs(item.part), digits=0), "weekday": weekday,
             "cause": cause}
    if item.part > 0:
        if cause:
            return _("%(metric)s: %(part)s above a usual %(weekday)s so far, mostly from %(cause)s.") % facts
        return _("%(metric)s: %(part)s above a usual %(weekday)s so far.") % facts
    if cause:
        return _("%(metric)s: %(part)s below a usual %(weekday)s so far, mostly from %(cause)s.") % facts
    return _("%(metric)s: %(part)s below a usual %(weekday)s so far.") % facts


def main_cause(item: Difference, frame: Frame) -> str:
    """The source that explains at least half of the difference; empty when none does.

    A source's usual share is that of the same day a week ago.
    """
    if "source" not in item.metric.by:
        return ""
    now, before = _by_source(item.metric, frame), _by_source(item.metric, frame.over(frame.period.day_before(7)))
    whole_before = sum(before.values())
    if not whole_before:
        return ""
    scale = item.usual / whole_before
    moved = {name: now.get(name, 0.0) - before.get(name, 0.0) * scale for name in {*now, *before}}
    whole = item.value - item.usual
    name = max(moved, key=lambda name: moved[name] / whole)
    return name if moved[name] / whole >= MOSTLY else ""


def _by_source(metric: Metric, frame: Frame) -> dict[str, float]:
    lines = read.breakdown([metric.key], frame, by="source", limit=50).lines
    return {line.value: float(line.values[metric.key] or 0) for line in lines}


def period_sentence(answers: Mapping[str, Comparison], frame: Frame) -> str:
    """A period other than today in one sentence: the biggest sure change against its comparison."""
    found = []
    for answer in answers.values():
        if answer.previous is None or answer.value is None or answer.metric.unit not in {Unit.COUNT, Unit.MONEY}:
            continue
        if difference := measured(answer.metric, float(answer.value), [float(answer.previous)]):
            found.append(difference)
    if not found and frame.period.compare_label:
        return _("Nothing stands out against %(period)s.") % {"period": frame.period.compare_label}
    if not found:
        return ""
    item = max(found, key=lambda item: abs(item.strength))
    facts = {"metric": item.metric.label, "part": say_percent(abs(item.part), digits=0),
             "period": frame.period.compare_label}
    if item.part > 0:
        return _("%(metric)s: %(part)s more than %(period)s.") % facts
    return _("%(metric)s: %(part)s less than %(period)s.") % facts


def is_good(item: Difference) -> bool | None:
    """Whether the difference is to be glad of; None where no way is better."""
    if item.metric.better is Better.NONE:
        return None
    return (item.part > 0) == (item.metric.better is Better.UP)
