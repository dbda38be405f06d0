"""Plausible's export: a zip of CSV files, each with figures by day and one thing they are split by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from apps.analytics.enums import Dimension
from apps.analytics.history import days
from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, DayRow, Parsed, Refused
from apps.analytics.history.values import day_of, whole

# What each file is split by: its column and our dimension.
_SPLIT = {
    "pages": ("page", Dimension.PAGE), "locations": ("country", Dimension.COUNTRY),
    "devices": ("device", Dimension.DEVICE), "browsers": ("browser", Dimension.BROWSER),
    "operating_systems": ("operating_system", Dimension.OS), "entry_pages": ("entry_page", Dimension.ENTRY_PAGE),
    "exit_pages": ("exit_page", Dimension.EXIT_PAGE), "custom_events": ("name", Dimension.EVENT),
}
TABLES = ("visitors", "sources", *_SPLIT)
_FIGURES = {"visitors": "visitors", "visits": "sessions", "entrances": "sessions", "exits": "sessions",
            "pageviews": "pageviews", "bounces": "bounces", "visit_duration": "duration_s", "events": "events"}
_UTM = {"source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "utm_content": "content",
        "utm_term": "term", "channel": "channel", "referrer": "referrer"}


def table_of(member: str) -> str:
    """Which of the export's tables a file holds; empty for one that is none of them."""
    name = member.rpartition("/")[2].lower()
    for table in sorted(TABLES, key=len, reverse=True):
        if name.startswith(f"imported_{table}") and name.endswith(".csv"):
            return table
    return ""


def parsed(upload: Upload) -> Iterator[tuple[str, Parsed | Broken]]:
    """Every row with the name of its table."""
    members = [(table_of(member), member) for member in upload.members()]
    if not any(table == "visitors" for table, _member in members):
        raise Refused("no_totals" if any(table for table, _member in members) else "plausible")
    for number, (table, member) in enumerate(members):
        if not table:
            continue
        rows = upload.table(member)
        head = [name.strip().strip('"').lower() for name in next(rows, [])]
        if "date" not in head:
            raise Refused("columns")
        for cells in rows:
            yield f"{table}#{number}", _safe(table, head, cells)


def _safe(table: str, head: list[str], cells: list[str]) -> Parsed | Broken:
    if len(cells) != len(head):
        return Broken("cells")
    try:
        return _rows(table, dict(zip(head, cells, strict=True)))
    except Broken as broken:
        return broken


def _rows(table: str, cells: dict[str, str]) -> list[DayRow] | str:
    day = day_of(cells["date"])
    figures: dict[str, Any] = {ours: whole(cells[theirs]) for theirs, ours in _FIGURES.items() if theirs in cells}
    if table == "visitors":
        return [DayRow(day, Dimension.TOTAL, "", figures | {"events": figures.get("pageviews", 0)})]
    if table == "sources":
        return days.acquired(day, {ours: cells.get(theirs, "") for theirs, ours in _UTM.items()}, figures)
    return _split(table, day, cells, figures) or "empty"


def _split(table: str, day: date, cells: dict[str, str], figures: dict[str, Any]) -> list[DayRow]:
    column, dimension = _SPLIT[table]
    if table == "pages":
        spent = cells.get("total_time_on_page") or cells.get("time_on_page") or "0"
        figures |= {"events": figures.get("pageviews", 0), "engaged_ms": whole(spent) * 1000}
    found = days.row(day, dimension, cells.get(column, ""), figures)
    if table == "custom_events" and found:
        found.append(DayRow(day, Dimension.TOTAL, "", {"events": figures.get("events", 0)}))
    return found
