"""Numbers as people read them, in the active language. The only place that makes text of values."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from apps.metrics.contracts import Number

NOTHING = "–"
NO_CHANGE = 0.0005  # a change that rounds to nothing is none
_COMPACT_FROM = 10_000


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def locale() -> Locale:
    """Babel's idea of the active language."""
    return _locale(get_language() or "en")


def say(value: Number | None, unit: str, currency: str = "") -> str:
    """A value in full: 1,204 · €3,412.50 · 18.2 % · 3 min 20 s · 2.4. A dash where there is none."""
    if value is None:
        return NOTHING
    if unit == "money":
        return _apart(format_currency(value, currency or "EUR", locale=locale()))
    if unit == "percent":
        return say_percent(float(value))
    if unit == "duration":
        return say_duration(float(value))
    if unit == "ratio":
        return format_decimal(round(float(value), 2), "#,##0.0#", locale=locale())
    return format_decimal(round(float(value)) if not isinstance(value, int) else value, locale=locale())


def say_short(value: Number | None, unit: str, currency: str = "") -> str:
    """A value for a card: as `say`, but large money as €34.1K, and no cents from a hundred on."""
    if value is None or unit != "money":
        return say(value, unit, currency)
    size = abs(float(value))
    if size >= _COMPACT_FROM:
        short = _compact(value, currency)
        # Languages without a short word for thousands (German) write them out.
        return _apart(short) if sum(sign.isdigit() for sign in short) <= 4 else _whole(value, currency)
    if size >= 100:
        return _whole(value, currency)
    return say(value, unit, currency)


def _compact(value: Number, currency: str) -> str:
    """Money with a word for thousands. What rounds up to a thousand thousands is a million of them: €1M, not €1000K."""
    text = format_compact_currency(value, currency or "EUR", locale=locale(), fraction_digits=1)
    if re.match(r"\D*1000(?!\d)", text):
        rounded = math.copysign(10 ** math.ceil(math.log10(abs(float(value)))), float(value))
        return format_compact_currency(rounded, currency or "EUR", locale=locale(), fraction_digits=1)
    return text


def _whole(value: Number, currency: str) -> str:
    pattern = locale().currency_formats["standard"].pattern.replace(".00", "")
    return _apart(format_currency(round(value), currency or "EUR", pattern, locale=locale(), currency_digits=False))


def _apart(text: str) -> str:
    """A currency written in letters stands apart from the number: CHF 12, not CHF12."""
    return re.sub(r"([^\W\d_])(?=\d)", "\\1\u00a0", text, count=1)


def say_percent(fraction: float, *, digits: int | None = None) -> str:
    """A fraction as percent: two figures that mean something, no more."""
    if digits is None:
        digits = 1 if 0 < abs(fraction) < 0.0995 else 0
    pattern = locale().percent_formats[None].pattern
    number = "#,##0" + ("." + "0" * digits if digits else "")
    return format_percent(fraction, pattern.replace("#,##0", number), locale=locale())


def say_duration(seconds: float) -> str:
    """Seconds as people say them: 8 s · 3 min 20 s · 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return pgettext("duration", "%(s)s s") % {"s": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        if not rest:
            return pgettext("duration", "%(min)s min") % {"min": minutes}
        return pgettext("duration", "%(min)s min %(s)s s") % {"min": minutes, "s": rest}
    hours, minutes = divmod(minutes, 60)
    return pgettext("duration", "%(h)s h %(min)s min") % {"h": format_decimal(hours, locale=locale()), "min": minutes}


def is_no_change(change: float) -> bool:
    """Whether a change is so small that in words it is none; then it has no direction and no colour either."""
    return round(abs(change), 6) <= NO_CHANGE


def say_change(change: float | None, unit: str) -> str:
    """A change with its sign: +18 % · −4 %; percentages change by points: +2.1 pts. Empty where there is none."""
    if change is None:
        return ""
    if is_no_change(change):
        return _("no change")
    sign = "+" if change > 0 else "−"
    if unit == "percent":
        points = format_decimal(round(abs(change) * 100, 1), "#,##0.#", locale=locale())
        return _("%(sign)s%(points)s pts") % {"sign": sign, "points": points}
    size = abs(change)
    if size > 9.99:
        times = format_decimal(round(size + 1), locale=locale())
        return _("×%(times)s") % {"times": times} if change > 0 else sign + say_percent(size, digits=0)
    return sign + say_percent(size, digits=1 if 0 < size < 0.0095 else 0)
