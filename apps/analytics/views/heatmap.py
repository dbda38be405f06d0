"""When visitors come: hour by weekday, from the hours of the period, on the organization's clock."""

from __future__ import annotations

from typing import Any

from babel.dates import get_day_names
from django.utils.translation import gettext as _

from apps.analytics.selectors.measures import WEEK_HOUR
from apps.metrics import read
from apps.metrics.frame import Frame
from apps.metrics.words import locale

MEASURE = "analytics.sessions"


def facts(frame: Frame) -> dict[str, Any]:
    """The heat map's data, and the busiest hour in words."""
    found = read.breakdown([MEASURE], frame, by=WEEK_HOUR, limit=7 * 24)
    grid = [[0] * 24 for _row in range(7)]
    for line in found.lines:
        weekday, hour = line.value.split("-")
        grid[int(weekday) - 1][int(hour)] = int(line.values[MEASURE] or 0)
    days = [get_day_names("abbreviated", locale=locale())[day] for day in range(7)]
    data = {
        "kind": "heatmap", "unit": "count", "rows": days, "columns": [f"{hour:02}" for hour in range(24)],
        "values": grid, "name": str(found.metrics[0].label),
    }
    return {"heatmap": data, "heat_insight": _busiest(grid)}


def _busiest(grid: list[list[int]]) -> str:
    most, day, hour = max((value, day, hour) for day, row in enumerate(grid) for hour, value in enumerate(row))
    if not most:
        return ""
    name = get_day_names("wide", locale=locale())[day]
    return _("Busiest: %(day)s, %(from)s to %(to)s.") % {"day": name, "from": f"{hour}:00", "to": f"{hour + 1}:00"}
