"""Sample chart data of every kind; a fixed seed, so that a changed picture means changed code."""

from __future__ import annotations

from datetime import date, timedelta
from math import exp, sin
from random import Random
from typing import Any

FIRST = date(2026, 10, 20)
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(30)]
BEFORE = [(FIRST - timedelta(days=30 - n)).isoformat() for n in range(30)]


def _daily(random: Random, level: float) -> list[float]:
    week = [1.0, 1.04, 1.02, 1.08, 1.15, 0.82, 0.7]
    return [round(level * week[n % 7] * (1 + n / 120) * random.uniform(0.9, 1.1)) for n in range(30)]


def _visitors(random: Random) -> dict[str, Any]:
    return {
        "kind": "area",
        "unit": "count",
        "grain": "day",
        "times": DAYS,
        "comparison_times": BEFORE,
        "comparison_name": "30 days before",
        "better": "up",
        "open": True,
        "series": [{"name": "Visitors", "values": _daily(random, 1200), "comparison": _daily(random, 1050)}],
        "annotations": [{"at": DAYS[12], "label": "Autumn sale"}],
        "hrefs": [f"?day={day}" for day in DAYS],
    }


def _channels(random: Random) -> dict[str, Any]:
    names = ["Search", "Direct", "Instagram", "Newsletter", "Referral", "Ads", "Other social"]
    series = [{"name": name, "values": _daily(random, 520 / (n + 1))} for n, name in enumerate(names)]
    return {"kind": "line", "unit": "count", "grain": "day", "times": DAYS, "series": series}


def _usual(random: Random) -> dict[str, Any]:
    hours = [f"2026-11-19T{hour:02d}:00" for hour in range(24)]
    usual = [60 + 340 * exp(-((hour - 13) ** 2) / 26) for hour in range(24)]
    today = [round(value * random.uniform(0.9, 1.3), 2) if hour < 16 else None for hour, value in enumerate(usual)]
    return {
        "kind": "line",
        "unit": "money",
        "currency": "EUR",
        "grain": "hour",
        "times": hours,
        "series": [{"name": "Sales", "values": today}],
        "band": {"name": "Usual", "lower": [v * 0.8 for v in usual], "upper": [v * 1.2 for v in usual]},
    }


def _bars(random: Random) -> dict[str, dict[str, Any]]:
    months = [f"2026-{month:02d}-01" for month in range(1, 12)]
    sales = [round(random.uniform(18_000, 36_000), 2) for _ in months]
    before = [round(value * random.uniform(0.75, 1.05), 2) for value in sales]
    pair = [{"name": "Sales", "values": sales, "comparison": before}]
    split = [
        {"name": name, "values": [round(random.uniform(low, low * 2)) for _ in months]}
        for name, low in [("Shop", 8000), ("Bookings", 5000), ("Marketplace", 3000)]
    ]
    money = {"unit": "money", "currency": "EUR"}
    monthly = {**money, "grain": "month", "times": months}
    products = ["Sourdough, large", "Cinnamon knot", "Wedding cake, three tiers", "Oat cookie", "Seasonal box"]
    return {
        "bar": {"kind": "bar", **monthly, "series": pair, "comparison_name": "2025", "better": "up", "open": True},
        "stacked": {"kind": "stacked", **monthly, "series": split},
        "horizontal": {
            "kind": "bar",
            "horizontal": True,
            **money,
            "categories": products,
            "series": [{"name": "Sales", "values": [8240, 6120, 4870, 2310, 1490]}],
        },
    }


def _shapes(random: Random) -> dict[str, dict[str, Any]]:
    week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    hours = [f"{hour:02d}" for hour in range(24)]
    busy = [
        [
            max(0, round((90 if day < 5 else 50) * sin(max(0, hour - 6) / 5.6) * random.uniform(0.6, 1.3)))
            for hour in range(24)
        ]
        for day in range(7)
    ]
    regions = ["DE", "US", "GB", "FR", "ES", "SE", "BR", "IN", "AU", "CA", "PL", "NL", "JP", "ZA", "MX", "IT", "AR"]
    return {
        "pie": {
            "kind": "pie",
            "unit": "count",
            "total_label": "visitors",
            "categories": ["Phone", "Desktop", "Tablet", "TV", "Watch", "Console", "Car"],
            "series": [{"name": "Devices", "values": [5210, 3870, 640, 210, 96, 61, 20]}],
        },
        "heatmap": {
            "kind": "heatmap",
            "unit": "count",
            "name": "Visitors",
            "rows": week,
            "columns": hours,
            "values": busy,
        },
        "map": {
            "kind": "map",
            "unit": "count",
            "regions": regions,
            "series": [{"name": "Visitors", "values": [round(4200 / (n + 1) ** 1.1) for n in range(len(regions))]}],
        },
    }


def _targets() -> dict[str, dict[str, Any]]:
    return {
        "funnel": {
            "kind": "funnel",
            "unit": "count",
            "categories": ["Viewed a product", "Added to cart", "Began checkout", "Purchased"],
            "series": [{"name": "Visitors", "values": [12840, 3920, 1870, 1204]}],
        },
        "gauge": {
            "kind": "gauge",
            "unit": "money",
            "currency": "EUR",
            "name": "Sales",
            "value": 18400,
            "target": 24000,
            "max": 30000,
        },
    }


def everything() -> dict[str, Any]:
    """Sample charts by name."""
    random = Random(7)  # noqa: S311 - sample data
    return {
        "visitors": _visitors(random),
        "channels": _channels(random),
        "usual": _usual(random),
        **_bars(random),
        **_shapes(random),
        **_targets(),
    }
