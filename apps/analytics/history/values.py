"""Numbers and dates as they stand in exports: with separators of thousands, in several orders."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from apps.analytics.history.outcomes import Broken

_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_ONE_GROUP = re.compile(r"\d{1,3}[.,]\d{3}")
_GROUPS = re.compile(r"-?\d{1,3}([.,]\d{3})+")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_SLASHES = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}")
_FORMS = ("%Y%m%d", "%d.%m.%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%a, %b %d, %Y",
          "%A, %B %d, %Y")
OLDEST = date(1995, 1, 1)


def whole(text: str) -> int:
    """A count: `1234`, `1,234`, `1.234`, `1 234`, `1'234`, `12.0`; empty is 0. Raises Broken for anything else."""
    return round(amount(text))


def amount(text: str, *, comma: bool | None = None) -> Decimal:
    """A number with or without a fraction; the last of two kinds of separators is the decimal one. With only one, once
    and before three digits, `comma` says whether a comma is the decimal one; without it, it separates thousands. A
    currency sign before or behind is let go. Raises Broken."""
    text = _SPACES.sub("", text).strip("$€£¥%")
    if not text or text in {"-", "–"}:
        return Decimal(0)
    if comma is not None and _ONE_GROUP.fullmatch(text):
        mark = "," if "," in text else "."
        text = text.replace(mark, "." if (mark == ",") == comma else "")
    elif _GROUPS.fullmatch(text) and len({mark for mark in text if mark in ".,"}) == 1:
        text = text.replace(",", "").replace(".", "")
    elif text.rfind(",") > text.rfind("."):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", "")
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise Broken("number") from error
    if not found.is_finite() or found < 0 or found > Decimal(10) ** 14:
        raise Broken("number")
    return found


@lru_cache(maxsize=10_000)
def day_of(text: str) -> date:
    """A date: `2024-05-31`, `20240531`, `31.05.2024`, `May 31, 2024`. Raises Broken, also for `03/04/2024`, which is in
    April here and in March there."""
    text = text.strip()
    if _SLASHES.match(text):
        raise Broken("date_order")
    found = _ISO.match(text)
    try:
        if found:
            return _sane(date(int(found[1]), int(found[2]), int(found[3])))
    except ValueError as error:
        raise Broken("date") from error
    for form in _FORMS:
        try:
            return _sane(datetime.strptime(text, form).replace(tzinfo=UTC).date())
        except ValueError:
            continue
    raise Broken("date")


def _sane(day: date) -> date:
    if not OLDEST <= day <= datetime.now(UTC).date() + timedelta(days=1):  # it may be tomorrow already elsewhere
        raise Broken("date")
    return day


def moment_ms(text: str) -> int:
    """An instant in milliseconds: ISO with or without a zone; without one it is UTC. Raises Broken."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Broken("date") from error
    _sane(found.date())
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
