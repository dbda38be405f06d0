"""Sample figures, lists and tables for the component page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

_WAVE = [12, 14, 13, 18, 16, 21, 19, 24, 22, 27, 25, 31, 28, 34]
_BEFORE = [14, 12, 15, 14, 17, 16, 18, 17, 19, 18, 21, 20, 22, 21]
_LONG = "Customers who came back within thirty days of a first purchase in the shop"


def _card(label: str, value: str, change: str, direction: str, better: str, **more: Any) -> dict[str, Any]:
    shape = {"series": _WAVE if direction != "down" else _WAVE[::-1], "comparison": "vs 30 days before", "href": "#"}
    return {"label": label, "value": value, "change": change, "direction": direction, "better": better, **shape, **more}


def cards() -> dict[str, list[dict[str, Any]]]:
    """KPI cards in good times and in every state."""
    told = {
        "definition": "People who opened at least one page, counted once a day.",
        "formula": "distinct visitors, per day, added up",
        "over": "all sites of this organization",
        "until": "the minute",
    }
    row = [
        _card("Visitors", "38,204", "+12 %", "up", "up", active=True, **told),
        _card("Sales", "€12.4k", "+4.1 %", "up", "up", freshness="Until 14:00", **told),
        _card("Conversion rate", "3.2 %", "0 %", "flat", "up", **told),
        _card("Bounce rate", "41 %", "+2.6 %", "up", "down", **told),
        _card("First answer", "3 min", "−18 %", "down", "down", tone="good", tone_label="On target", **told),
    ]
    states = [
        {"label": "Visitors", "state": "loading"},
        {"label": "Bookings", "state": "empty", "comparison": "No bookings yet"},
        {"label": "Sales", "state": "error"},
        {"label": "Invoices", "state": "denied", "href": "#"},
        _card(_LONG, "1,234,567,890", "+1,204 %", "up", "up", **told),
    ]
    return {"row": row, "states": states}


def lists() -> dict[str, Any]:
    """Top lists."""
    pages = [("/", 4210), ("/shop", 2874), ("/shop/sourdough-large", 1630), ("/about", 872), ("/blog/starter", 410)]
    countries = [("Germany", "DE", 5120), ("Austria", "AT", 1310), ("Switzerland", "CH", 940), ("France", "FR", 388)]
    most, all_pages, all_countries = pages[0][1], sum(n for _, n in pages), sum(n for *_, n in countries)
    return {
        "pages": [
            {"label": name, "value": f"{n:,}", "share": n / most * 100, "percent": f"{n / all_pages:.0%}", "href": "#"}
            for name, n in pages
        ],
        "countries": [
            {
                "label": name,
                "flag": code,
                "value": f"{n:,}",
                "share": n / countries[0][2] * 100,
                "percent": f"{n / all_countries:.0%}",
                "href": "#",
                "active": code == "AT",
            }
            for name, code, n in countries
        ],
        "long": [
            {
                "label": f"/a/very/long/address/{_LONG.lower().replace(' ', '-')}?and=more",
                "value": "9,999,999",
                "share": 80,
            }
        ],
    }


def table() -> dict[str, Any]:
    """A table of sites."""
    columns = [
        {"key": "site", "label": "Site", "sort_href": "?sort=site"},
        {"key": "status", "label": "Status"},
        {"key": "visitors", "label": "Visitors", "align": "end", "sort_href": "?sort=visitors", "sorted": "desc"},
        {
            "key": "sales",
            "label": "Sales",
            "align": "end",
            "sort_href": "?sort=sales",
            "help": "After refunds, without tax",
        },
        {"key": "last", "label": "Last event", "align": "end", "hidden": True},
    ]
    data = [
        ("Harbour Bakery", "harbour.example", "good", "Active", 12804, "€8,204.10", "now"),
        ("Harbour Blog", "blog.harbour.example", "good", "Active", 4120, "–", "2 min"),
        ("Wholesale", "trade.harbour.example", "attention", "Not detected", 0, "–", "never"),
        ("Old shop", "old.harbour.example", "neutral", "Paused", 38, "€12.00", "3 Nov"),
    ]
    rows = [
        {
            "href": "#",
            "cells": [
                {"text": name, "sub": domain},
                {"status": status, "tone": tone},
                {"text": f"{n:,}", "share": n / 128.04},
                {"text": sales},
                {"text": last},
            ],
        }
        for name, domain, tone, status, n, sales, last in data
    ]
    return {"columns": columns, "rows": rows, **_ticked()}


def _ticked() -> dict[str, Any]:
    rows = [
        {
            "choose": number,
            "cells": [
                {"text": "No amount was given", "sub": "Purchase"},
                {"status": "Waits for you", "tone": "attention"},
                {"button": "Send again", "name": "only", "value": number, "of": "No amount was given"},
            ],
        }
        for number in (1, 2)
    ]
    heads = [{"key": "what", "label": "Reason"}, {"key": "state", "label": "Status"}, {"key": "do", "align": "end"}]
    return {"choose_columns": heads, "choose_rows": rows}


def _navigation() -> dict[str, Any]:
    return {
        "tabs": [
            {"label": "Overview", "href": "#", "active": True},
            {"label": "Pages", "href": "#", "count": 12},
            {"label": "Goals", "href": "#", "icon": "target"},
        ],
        "grains": [
            {"label": "Hours", "href": "#"},
            {"label": "Days", "href": "#", "active": True},
            {"label": "Weeks", "href": "#"},
        ],
        "crumbs": [{"label": "Traffic", "href": "#"}, {"label": "Harbour Bakery", "href": "#"}, {"label": "Pages"}],
        "filters": [
            {"label": "Country", "operator": "is", "value": "Germany", "remove_href": "#"},
            {"label": "Page", "operator": "contains", "value": "/shop", "remove_href": "#"},
        ],
        "choices": [
            {"label": "Country", "href": "#", "icon": "globe"},
            {"label": "Page", "href": "#", "icon": "file-text"},
        ],
    }


def _work() -> dict[str, Any]:
    return {
        "facts": [
            {"label": "Script", "text": "k3v9x1m2p7qa"},
            {"label": "Status", "badge": "Installed", "tone": "good"},
            {"label": "Site", "text": "harbour.example", "href": "#"},
        ],
        "steps": [
            {"label": "Business", "state": "done"},
            {"label": "Site", "state": "current"},
            {"label": "People", "state": "next"},
        ],
        "tasks": [
            {"label": "Name your business", "done": True},
            {
                "label": "Add a site",
                "text": "Paste one line; numbers come at once.",
                "href": "#",
                "action": "Add a site",
                "current": True,
            },
            {"label": "Invite a colleague", "text": "Two pairs of eyes see more.", "href": "#", "action": "Invite"},
        ],
    }


def everything() -> dict[str, Any]:
    """The context of the page."""
    now, today = timezone.now(), date(2026, 11, 20)
    return {
        "cards": cards(),
        "lists": lists(),
        "table": table(),
        "themes": ["dark", "light"],
        "wave": _WAVE,
        "before": _BEFORE,
        "long": _LONG,
        "moments": {"now": now, "minutes": now - timedelta(minutes=3), "days": now - timedelta(days=9)},
        "range": {
            "key": "30d",
            "label": "Last 30 days",
            "start": today - timedelta(days=29),
            "end": today,
            "today": today,
            "compare": "previous",
            "compare_label": "30 days before",
        },
        **_navigation(),
        **_work(),
        "snippet": '<script defer src="https://c.example/t/k3v9x1m2p7qa.js"></script>',
    }
