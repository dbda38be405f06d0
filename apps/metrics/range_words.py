"""Periods in words."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date, format_interval
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.metrics.words import locale


def range_label(key: str, start: date, end: date) -> str:
    """The name of a period: “Today”, “Last 7 days”, “1–20 Nov 2026”."""
    names = {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "month": _("This month"),
        "quarter": _("This quarter"),
        "year": _("This year"),
        "12m": _("Last 12 months"),
        "now": _("Last 30 minutes"),
    }
    if key in names:
        return names[key]
    if key == "custom":
        return dates_label(start, end)
    days = int(key[:-1])
    return ngettext("Last %(days)s day", "Last %(days)s days", days) % {"days": days}


def dates_label(start: date, end: date) -> str:
    """Two days as people write them."""
    if start == end:
        return format_date(start, "medium", locale=locale())
    return format_interval(start, end, "yMMMd", locale=locale())


def compare_label(key: str, compare: str, start: date, end: date) -> str:
    """What a period is compared with, to be read after a number or after “compared with”."""
    if compare == "none":
        return ""
    if compare == "year":
        return pgettext("compared with", "the same days a year before")
    names = {
        "today": pgettext("compared with", "yesterday by this time"),
        "yesterday": pgettext("compared with", "the day before"),
        "month": pgettext("compared with", "the month before"),
        "quarter": pgettext("compared with", "the quarter before"),
        "year": pgettext("compared with", "the year before"),
        "12m": pgettext("compared with", "the 12 months before"),
    }
    if key in names:
        return names[key]
    days = (end - start).days + 1
    return ngettext("the day before", "the %(days)s days before", days) % {"days": days}
