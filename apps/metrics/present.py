"""Answers in the form the components take: a KPI card, a chart's data, rows of a list, a live message's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_date, format_time
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.metrics.answers import Answer, Breakdown, Comparison, Series
from apps.metrics.contracts import Grain, Number
from apps.metrics.frame import Frame
from apps.metrics.registry import Metric, Tone, formula_words
from apps.metrics.words import locale, say, say_change, say_percent, say_short

_LATEST = 120  # seconds within which a figure counts as being of now


def short(value: Number | None, metric: Metric, currency: str) -> str:
    """A value as a card or a row shows it."""
    return say_short(value, metric.unit, currency)


def percent(share: float | None) -> str:
    """A share of the whole; empty where there is none."""
    return "" if share is None else say_percent(share)


def kpi(answer: Comparison, frame: Frame, *, series: Series | None = None, **more: Any) -> dict[str, Any]:
    """What `<c-kpi :card>` takes. `more` adds or overrides: href, live, active, label."""
    metric = answer.metric
    card = {
        "key": metric.key,
        "label": metric.label,
        "value": short(answer.value, metric, answer.currency),
        "change": say_change(answer.change, metric.unit),
        "direction": answer.direction,
        "better": metric.better.value,
        "comparison": against(answer, frame),
        "series": numbers(series.values[: _known(series)]) if series else [],
        "definition": metric.help,
        "formula": formula_words(metric),
        "over": over(metric, frame),
        "until": until(answer.until, frame),
        "freshness": freshness(answer.until, frame),
        "tone": "" if answer.tone is Tone.NEUTRAL else answer.tone.value,
        "tone_label": tone_label(answer),
        "state": "ok",
    }
    return card | more


def live_values(answers: Mapping[str, Comparison], frame: Frame) -> dict[str, dict[str, Any]]:
    """The `values` of a live message."""
    return {
        key: {
            "value": number(answer.value),
            "text": short(answer.value, answer.metric, answer.currency),
            "change": say_change(answer.change, answer.metric.unit),
            "direction": answer.direction,
            "comparison": against(answer, frame),
        }
        for key, answer in answers.items()
    }


def chart(series: Sequence[Series], *, kind: str = "line", comparison_name: str = "", **more: Any) -> dict[str, Any]:
    """The data of a chart card, from series over the same buckets. `more` adds annotations, hrefs and the like."""
    first = series[0]
    data: dict[str, Any] = {
        "kind": kind,
        "unit": first.metric.unit.value,
        "grain": first.grain.value,
        "times": [local_text(moment, first.grain) for moment in first.times],
        "series": [],
        "open": first.open_index is not None,
    }
    if first.metric.unit == "money":
        data["currency"] = first.currency
    if any(line.comparison for line in series):
        data["comparison_times"] = [local_text(moment, first.grain) for moment in first.comparison_times]
        data["comparison_name"] = comparison_name
    for line in series:
        entry = {"name": str(line.metric.label), "key": line.metric.key, "values": numbers(line.values)}
        if line.comparison:
            entry["comparison"] = numbers(line.comparison)
        data["series"].append(entry)
    return data | more


def share_rows(found: Breakdown) -> list[dict[str, Any]]:
    """The lines of a table as `<c-share-list>` takes them, under the names they are stored by; a bar's length is told
    in hundredths of the largest."""
    leader = next(metric for metric in found.metrics if metric.key == found.order)
    largest = max((float(line.values[found.order] or 0) for line in found.lines), default=0.0)
    return [
        {
            "title": line.value, "label": line.value,
            "value": short(line.values[found.order], leader, found.currency),
            "share": 100 * float(line.values[found.order] or 0) / largest if largest else 0,
            "percent": percent(line.share),
        }
        for line in found.lines
    ]


def against(answer: Comparison, frame: Frame) -> str:
    """The comparison in words: “vs 1,204 the week before”."""
    if answer.previous is None or not frame.period.compare_label:
        return ""
    value = short(answer.previous, answer.metric, answer.currency)
    return _("vs %(value)s %(period)s") % {"value": value, "period": frame.period.compare_label}


def over(metric: Metric, frame: Frame) -> str:
    """What the number is over: the period, and what a unique count is unique within."""
    text = frame.period.label
    if metric.unique_over == "day":
        text = _("%(period)s; who comes on two days counts twice") % {"period": text}
    return text


def until(moment: datetime, frame: Frame) -> str:
    """Up to when the number is complete, on the organization's clock."""
    local = moment.astimezone(frame.period.zone)
    clock = format_time(local, "short", locale=locale())
    if local.date() == frame.period.today:
        return pgettext("up to a time today", "today, %(time)s") % {"time": clock}
    return f"{format_date(local, 'medium', locale=locale())}, {clock}"


def freshness(moment: datetime, frame: Frame) -> str:
    """A word for figures of now, else until when they are complete."""
    now = frame.period.now.astimezone(UTC)
    if (now - moment.astimezone(UTC)).total_seconds() <= _LATEST:
        return _("Up to now")
    return _("Until %(moment)s") % {"moment": until(moment, frame)}


def tone_label(answer: Answer) -> str:
    """The word beside a threshold's colour."""
    words = {Tone.GOOD: _("Good"), Tone.ATTENTION: _("Needs attention"), Tone.BAD: _("Bad")}
    return words.get(answer.tone, "")


def full(answer: Answer) -> str:
    """A value with all its figures."""
    return say(answer.value, answer.metric.unit, answer.currency)


def number(value: Number | None) -> float | int | None:
    """A value as JSON carries it; money's cents survive, text is made from the Decimal."""
    if value is None or isinstance(value, (int, float)):
        return value
    return float(value)


def numbers(values: Sequence[Number | None]) -> list[float | int | None]:
    """Values as JSON carries them."""
    return [number(value) for value in values]


def local_text(moment: datetime, grain: Grain) -> str:
    """A bucket's start as charts take it: a date, or a date and time, on the organization's clock."""
    if grain in {Grain.MINUTE, Grain.HOUR}:
        return moment.replace(tzinfo=None).isoformat(timespec="minutes")
    day: date = moment.date()
    return day.isoformat()


def _known(series: Series) -> int:
    """How many buckets are complete; a sparkline stops there, lest a day that has just begun looks like a fall."""
    return len(series.values) if series.open_index is None else max(series.open_index, 1)
