"""How fast the site is for its visitors: what three of four of them get, and whether that is good."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.analytics.models import Site
from apps.metrics import read
from apps.metrics.answers import Answer
from apps.metrics.contracts import QueryTooSlow
from apps.metrics.frame import Frame
from apps.metrics.registry import Tone
from apps.metrics.words import NOTHING, locale

SHIFT = "analytics.vital_cls"
JUDGED = ("analytics.vital_lcp", "analytics.vital_inp", SHIFT)
VITALS = (*JUDGED, "analytics.vital_fcp", "analytics.vital_ttfb")


def facts(site: Site, frame: Frame) -> dict[str, Any]:
    """The card: its state, a sentence and one cell a measure. Too much data to filter is the card's trouble alone."""
    try:
        answers = read.page(VITALS, frame, with_series=False).answers
    except QueryTooSlow:
        return {"state": "error"}
    if all(answers[key].value is None for key in VITALS):
        return {"state": "empty" if site.options.vitals else "off"}
    return {
        "state": "ok",
        "sentence": _sentence([answers[key] for key in JUDGED if answers[key].value is not None]),
        "cells": [_cell(key, answers[key]) for key in VITALS],
    }


def _cell(key: str, answer: Answer) -> dict[str, Any]:
    words = {Tone.GOOD: _("Good"), Tone.ATTENTION: pgettext("speed", "Fair"), Tone.BAD: pgettext("speed", "Poor")}
    return {
        "label": answer.metric.label,
        "help": answer.metric.help,
        "value": say_speed(key, answer.value),
        "tone": answer.tone.value,
        "word": words.get(answer.tone, ""),
    }


def say_speed(key: str, value: Any) -> str:
    """180 ms · 2.1 s; a shift of the layout has no unit: 0.05."""
    if value is None:
        return NOTHING
    if key == SHIFT:
        return format_decimal(round(float(value), 2), "0.00", locale=locale())
    if value < 1000:
        return pgettext("duration", "%(ms)s ms") % {"ms": round(value)}
    return pgettext("duration", "%(s)s s") % {"s": format_decimal(round(value / 1000, 1), "0.0", locale=locale())}


def _sentence(judged: list[Answer]) -> str:
    tones = {answer.tone for answer in judged}
    if Tone.BAD in tones:
        return _("Many visitors wait too long, or see pages jump.")
    if Tone.ATTENTION in tones:
        return _("Fast for most visitors, but not for all.")
    return _("At least three of four visitors get a fast page.") if judged else ""
