"""Reports downloaded from Google Analytics as CSV: comment lines, headings, rows; several tables in one file, or
several files in a zip. One table must be by date alone: it holds the totals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from apps.analytics.enums import Dimension
from apps.analytics.history import days
from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, DayRow, Parsed, Refused
from apps.analytics.history.values import amount, day_of, whole

_PLAIN = re.compile(r"[^a-z0-9]")
_DATES = {"date", "day", "nthday"}
_DIMENSIONS: dict[str, Any] = {
    "sessiondefaultchannelgroup": Dimension.CHANNEL, "sessionprimarychannelgroup": Dimension.CHANNEL,
    "sessionprimarychannelgroupdefaultchannelgroup": Dimension.CHANNEL, "defaultchannelgroup": Dimension.CHANNEL,
    "sessionsourcemedium": "source_medium", "sourcemedium": "source_medium", "sessionsource": Dimension.SOURCE,
    "sessionmedium": Dimension.MEDIUM, "sessioncampaign": Dimension.CAMPAIGN, "sessioncampaignname": Dimension.CAMPAIGN,
    "pagepath": Dimension.PAGE, "pagepathandscreenclass": Dimension.PAGE, "pagepathquerystring": Dimension.PAGE,
    "pagepathplusquerystring": Dimension.PAGE, "landingpage": Dimension.ENTRY_PAGE,
    "landingpagequerystring": Dimension.ENTRY_PAGE, "country": Dimension.COUNTRY, "countryid": Dimension.COUNTRY,
    "city": Dimension.CITY, "devicecategory": Dimension.DEVICE, "browser": Dimension.BROWSER,
    "operatingsystem": Dimension.OS, "eventname": Dimension.EVENT,
}
_METRICS = {
    "sessions": "sessions", "totalusers": "visitors", "activeusers": "visitors", "users": "visitors",
    "views": "pageviews", "screenpageviews": "pageviews", "eventcount": "events", "keyevents": "conversions",
    "conversions": "conversions", "totalrevenue": "revenue", "purchaserevenue": "revenue",
    "ecommercepurchases": "orders", "transactions": "orders", "purchases": "orders",
    "engagedsessions": "engaged_sessions", "averagesessionduration": "each_seconds",
    "userengagementduration": "engaged_s", "userengagement": "engaged_s",
}
_FRACTIONS = {"revenue", "each_seconds", "engaged_s", "conversions"}
_FIRST = {"totalusers": 0, "totalrevenue": 0}  # of two columns for one figure these win


@dataclass(slots=True)
class _Table:
    day: int
    by: list[tuple[int, Any]]
    figures: dict[str, int]
    width: int
    nth: bool
    comma: bool = False

    @property
    def name(self) -> str:
        """What the table is split by."""
        return " + ".join("source_medium" if key == "source_medium" else key.key for _at, key in self.by) or "total"


def parsed(upload: Upload) -> Iterator[tuple[str, Parsed | Broken]]:
    """Every row with what its table is split by. Raises Refused for a file without a table by day."""
    tables = 0
    for member in upload.members():
        if upload.is_zip and not member.lower().endswith(".csv"):
            continue
        table: _Table | None = None
        start: date | None = None
        for cells in upload.table(member):
            text = cells[0].strip() if cells else ""
            if text.startswith("#"):
                start, table = _started(text, start), None
            elif not any(cell.strip() for cell in cells):
                table = None
            elif table is None:
                table = _table(cells)
                tables += table is not None
            else:
                table.comma = upload.comma
                yield f"{table.name}#{tables}", _safe(table, cells, start)
    if not tables:
        raise Refused("ga4")


def _started(text: str, before: date | None) -> date | None:
    told = re.match(r"#\s*start date:\s*(\d{8})", text, re.I)
    return day_of(told[1]) if told else before


def _table(cells: list[str]) -> _Table | None:
    names = [_PLAIN.sub("", name.lower()) for name in cells]
    when = next((at for at, name in enumerate(names) if name in _DATES), None)
    if when is None:
        return None
    figures: dict[str, int] = {}
    for at, name in enumerate(names):
        if (figure := _METRICS.get(name)) and (figure not in figures or name in _FIRST):
            figures[figure] = at
    by = [(at, _DIMENSIONS[name]) for at, name in enumerate(names) if name in _DIMENSIONS]
    known = _METRICS.keys() | _DIMENSIONS.keys() | _DATES
    unknown = [at for at, name in enumerate(names) if name not in known and at < min(figures.values(), default=99)]
    if not figures or unknown:  # a split that is not known here: its rows would be taken for whole days
        return None
    return _Table(when, by, figures, len(cells), names[when] == "nthday")


def _safe(table: _Table, cells: list[str], start: date | None) -> Parsed | Broken:
    if len(cells) < table.width:
        return Broken("cells")
    when = cells[table.day].strip()
    if not when or "total" in when.lower():
        return "sum"
    try:
        if table.nth:
            if start is None or not when.isdigit():
                raise Broken("date")
            day = start + timedelta(days=int(when))
        else:
            day = day_of(when)
        return _rows(table, cells, day)
    except (Broken, OverflowError) as broken:
        return broken if isinstance(broken, Broken) else Broken("date")


def _rows(table: _Table, cells: list[str], day: date) -> list[DayRow] | str:
    figures: dict[str, Any] = {}
    for name, at in table.figures.items():
        figures[name] = amount(cells[at], comma=table.comma) if name in _FRACTIONS else whole(cells[at])
    if "conversions" in figures:
        figures["conversions"] = round(figures["conversions"])  # shared out among channels, a fraction each
    sessions = figures.get("sessions", 0)
    if (engaged := figures.pop("engaged_sessions", None)) is not None:
        figures["bounces"] = max(sessions - engaged, 0)
    if (each := figures.pop("each_seconds", None)) is not None:
        figures["duration_s"] = round(each * sessions)
    if (spent := figures.pop("engaged_s", None)) is not None:
        figures["engaged_ms"] = round(spent * 1000)
    if not table.by:
        return [DayRow(day, Dimension.TOTAL, "", figures)]
    found: list[DayRow] = []
    for at, key in table.by:
        if key == "source_medium":
            source, _slash, medium = cells[at].partition("/")
            found += days.row(day, Dimension.SOURCE, "" if "(direct)" in source else source, figures)
            found += days.row(day, Dimension.MEDIUM, medium, figures)
        else:
            found += days.row(day, key, cells[at], figures)
    return found or "empty"
