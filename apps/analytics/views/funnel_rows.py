"""A funnel's figures in words and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.contracts.journeys import StepSpec
from apps.analytics.selectors.funnel_figures import Compared
from apps.analytics.selectors.journeys import Funnel
from apps.analytics.views.labels import EVENTS, value_label
from apps.metrics.registry import Unit
from apps.metrics.words import say_percent, say_short


def percent(share: float) -> str:
    """A share as people read it."""
    return say_percent(share)


def count(number: int) -> str:
    """A count as people read it."""
    return say_short(number, Unit.COUNT, "")


def name_of(step: StepSpec) -> str:
    """What to call a step: its label, the words for a known event, else what it waits for."""
    return step.label or str(EVENTS.get(step.value, step.value) if step.kind == "event" else step.value)


def rows(steps: Sequence[StepSpec], found: Compared, compare_label: Any) -> list[dict[str, Any]]:
    """One row a step, with what was lost on the way to it."""
    made, previous = [], 0
    for index, (spec, step) in enumerate(zip(steps, found.now.steps, strict=True)):
        before = found.before.steps[index] if found.before else None
        lost = previous - step.visitors if index else 0
        made.append({
            "number": index + 1, "name": name_of(spec), "sub": spec.value if spec.label else "",
            "visitors": count(step.visitors), "share": 100 * step.share_of_first,
            "of_first": percent(step.share_of_first), "of_previous": percent(step.share_of_previous) if index else "",
            "lost": count(lost), "lost_share": percent(1 - step.share_of_previous) if index and previous else "",
            "median": say_short(step.median_seconds, Unit.DURATION, "") if step.median_seconds is not None else "",
            "before": f"{percent(before.share_of_first)} · {compare_label}"
            if before and index and found.before.steps[0].visitors else "",  # type: ignore[union-attr]
            "before_share": 100 * before.share_of_first if before else 0,
        })
        previous = step.visitors
    return made


def summary(found: Funnel, steps: Sequence[StepSpec]) -> str:
    """The one sentence an owner takes away."""
    first, last = found.steps[0].visitors, found.steps[-1].visitors
    if not first:
        return ""
    losses = [
        (found.steps[index - 1].visitors - step.visitors, index) for index, step in enumerate(found.steps) if index
    ]
    most, where = max(losses)
    words = ngettext(
        "%(last)s of %(first)s visit comes to the end (%(share)s).",
        "%(last)s of %(first)s visits come to the end (%(share)s).", first,
    ) % {"last": count(last), "first": count(first), "share": percent(last / first)}
    if most <= 0:
        return words
    lost = _("Most are lost before “%(step)s”: %(number)s.") % {"step": name_of(steps[where]), "number": count(most)}
    return f"{words} {lost}"


def columns(label: Any, steps: Sequence[StepSpec]) -> list[dict[str, Any]]:
    """Heads of the table by a dimension."""
    heads = [{"key": f"s{index}", "label": name_of(step), "align": "end"} for index, step in enumerate(steps)]
    return [{"key": "name", "label": label}, *heads, {"key": "rate", "label": _("To the end"), "align": "end"}]


def by_rows(by: str, found: Sequence[tuple[str, Funnel]]) -> list[dict[str, Any]]:
    """Its rows."""
    return [
        {"cells": [
            {"text": value_label(by, value), "flag": value if by == "country" else ""},
            *({"text": count(step.visitors)} for step in funnel.steps),
            {"text": percent(funnel.steps[-1].share_of_first) if funnel.steps[0].visitors else "–"},
        ]}
        for value, funnel in found
    ]
