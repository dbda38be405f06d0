"""The table of searches: terms, pages, countries or devices, their heads, cells and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from apps.analytics.selectors.search_figures import SORTS, Line, Lines
from apps.analytics.views.filters import address
from apps.analytics.views.labels import value_label
from apps.metrics.words import NOTHING, say, say_change

PAGE = 50
MOST_OFFSET = 100_000
LONGEST_SEARCH = 100
_UP_FIRST = frozenset({"place", "value"})  # sorted upwards when first clicked


@dataclass(frozen=True)
class Tab:
    """One way to look at searches."""

    key: str
    by: str
    label: Any
    one: Any
    of: str = ""  # as the address of the page about one of them names it


TABS = (
    Tab("terms", "search_term", gettext_lazy("Search terms"), gettext_lazy("Search term"), "term"),
    Tab("pages", "search_page", gettext_lazy("Pages"), gettext_lazy("Page"), "page"),
    Tab("countries", "search_country", gettext_lazy("Countries"), gettext_lazy("Country")),
    Tab("devices", "search_device", gettext_lazy("Devices"), gettext_lazy("Device")),
)


@dataclass(frozen=True)
class Wanted:
    """What of the table the address asks for; what cannot be read is as if it were not there."""

    tab: Tab
    sort: str
    search: str
    offset: int

    @classmethod
    def of(cls, params: QueryDict) -> Wanted:
        """From the address."""
        tab = next((one for one in TABS if one.key == params.get("by")), TABS[0])
        sort, offset = params.get("sort", ""), params.get("offset", "")
        return cls(
            tab, sort if sort.removeprefix("-") in SORTS else "-clicks",
            params.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            min(int(offset), MOST_OFFSET) if offset.isascii() and offset.isdigit() and len(offset) < 9 else 0,
        )


def tabs(params: QueryDict, wanted: Wanted) -> list[dict[str, Any]]:
    """The four ways to look."""
    return [
        {"label": tab.label, "href": _with(params, by=tab.key, offset="", q="", sort=""),
         "active": tab is wanted.tab} for tab in TABS
    ]


def columns(params: QueryDict, wanted: Wanted, *, with_visits: bool) -> list[dict[str, Any]]:
    """Heads; every figure of Google's can be sorted by, both ways."""
    heads = (
        ("value", wanted.tab.one, ""), ("clicks", _("Clicks"), _("Clicks from Google's results to the site.")),
        ("impressions", _("Shown"), _("How often a link to the site was among the results somebody saw.")),
        ("rate", _("Click-through rate"), _("Clicks of every hundred times it was shown.")),
        ("place", _("Position"), _("Average over every time it was shown; 1 is the top.")),
    )
    found = [
        {"key": key, "label": label, "help": text} | ({"align": "end"} if key != "value" else {})
        | _sorting(params, wanted.sort, key)
        for key, label, text in heads
    ]
    if with_visits:
        text = _("Visits counted here that came from Google's results and began on this page.")
        found.append({"key": "visits", "label": _("Visits here"), "align": "end", "help": text})
    return found


def rows(
    wanted: Wanted, lines: Lines, visits: dict[str, int] | None, *, compared: bool, one_href: str = ""
) -> list[dict[str, Any]]:
    """One row a term, page, country or device; a term and a page lead to the page about it."""
    most = max((line.clicks for line in lines.rows), default=0)
    return [
        {"cells": _cells(wanted.tab, line, most, visits, compared), "href": _one(one_href, wanted.tab, line.value)}
        for line in lines.rows
    ]


def _one(path: str, tab: Tab, value: str) -> str:
    if not path or not tab.of:
        return ""
    return f"{path}{'&' if '?' in path else '?'}{urlencode({tab.of: value})}"


def _cells(tab: Tab, line: Line, most: int, visits: dict[str, int] | None, compared: bool) -> list[dict[str, Any]]:
    cells = [
        _name(tab, line, 100 * line.clicks / most if most else 0),
        {"text": say(line.clicks, "count"), "sub": _change(line) if compared else ""},
        {"text": say(line.impressions, "count")},
        {"text": say(line.rate, "percent")},
        {"text": place(line.place), "sub": _place_before(line) if compared else ""},
    ]
    if visits is not None:
        known = visits.get(path_of(line.value))
        cells.append({"text": NOTHING if known is None else say(known, "count")})
    return cells


def _name(tab: Tab, line: Line, share: float) -> dict[str, Any]:
    """The value in words; a country with its flag, the others with a bar behind them."""
    if tab.by == "search_country":
        return {"text": str(value_label("country", line.value)), "flag": line.value}
    if tab.by == "search_device":
        return {"text": str(value_label("device", line.value)), "share": share}
    return {"text": path_shown(line.value) if tab.by == "search_page" else line.value, "share": share}


def _change(line: Line) -> str:
    if not line.clicks_before:
        return pgettext("search term", "new") if line.clicks else ""
    return say_change((line.clicks - line.clicks_before) / line.clicks_before, "count")


def _place_before(line: Line) -> str:
    before = line.place_before
    return "" if before is None else _("was %(place)s") % {"place": place(before)}


def place(value: float | None) -> str:
    """A mean place with one figure behind the point."""
    return say(None if value is None else round(value, 1), "ratio")


def path_of(url: str) -> str:
    """The path of a page as our own figures name it; empty for an address with a query, which has none of its own."""
    parts = urlsplit(url)
    return "" if parts.query else parts.path or "/"


def path_shown(url: str) -> str:
    """A page without the site's address in front."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def pager(params: QueryDict, wanted: Wanted, lines: Lines) -> dict[str, str]:
    """Where the neighbouring pages begin."""
    before, after = max(0, wanted.offset - PAGE), wanted.offset + PAGE
    first, last = wanted.offset + 1, wanted.offset + len(lines.rows)
    return {
        "prev_href": _with(params, offset=str(before or "")) if wanted.offset else "",
        "next_href": _with(params, offset=str(after)) if lines.more else "",
        "summary": _("Rows %(first)s to %(last)s") % {"first": first, "last": last} if lines.rows else "",
    }


def _sorting(params: QueryDict, sort: str, key: str) -> dict[str, Any]:
    shown = {"sorted": "desc" if sort.startswith("-") else "asc"} if sort.removeprefix("-") == key else {}
    first = key if key in _UP_FIRST else f"-{key}"
    other = key if first.startswith("-") else f"-{key}"
    return {"sort_href": _with(params, sort=other if sort == first else first, offset="")} | shown


def _with(params: QueryDict, **changes: str) -> str:
    return address(params, (), **changes)
