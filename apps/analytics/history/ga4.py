"""Reports downloaded from Google Analytics as CSV: comment lines, headings, rows; several tables in one file, or
several files in a zip. One table must be by date alone: it holds the totals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from apps.analytics.enums import Dimension
from apps.analytics.history import days
from apps.analytics.history.files import Upload
from apps.analytics.history.headings import (
    DATE,
    DIMENSIONS,
    FIGURES,
    IGNORE,
    NTH_DAY,
    SOURCE_MEDIUM,
    SPLIT,
    WHEN,
    is_word,
    meanings,
    plain,
    wins,
)
from apps.analytics.history.outcomes import Broken, DayRow, Parsed, Refused
from apps.analytics.history.values import amount, day_of, whole

_FRACTIONS = {"revenue", "each_seconds", "engaged_s", "conversions"}
_TOLD = re.compile(r"#.*[:：]\s*(\d{8})\s*$")
_NTH = re.compile(r"\d{4}")
MOST_UNCLEAR = 20
Unclear = list[list[str]]  # columns of a table: the heading as it is compared, as it is written, an example, a guess


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
        return " + ".join(key if key == SOURCE_MEDIUM else key.key for _at, key in self.by) or "total"


def parsed(
    upload: Upload, named: Mapping[str, str] | None = None, unclear: list[Unclear] | None = None
) -> Iterator[tuple[str, Parsed | Broken]]:
    """Every row with what its table is split by. `named` are columns as the file's owner named them; tables whose
    columns are not understood are added to `unclear`. Raises Refused for a file without a table by day."""
    tables = 0
    for member in upload.members():
        if upload.is_zip and not member.lower().endswith(".csv"):
            continue
        table: _Table | None = None
        told: list[date] = []  # the report says from when to when it is, in this order, in whatever language
        unknown = _Unknown(named or {}, unclear)
        for cells in upload.table(member):
            text = cells[0].strip() if cells else ""
            if text.startswith("#"):
                told, table = (told if unknown.is_comment else []) + _told(text), None
                unknown.end(is_comment=True)
            elif not any(cell.strip() for cell in cells):
                table = None
                unknown.end()
            elif table is None:
                table = _table(cells, named or {})
                tables += table is not None
                unknown.see(cells, table)
            else:
                table.comma = upload.comma
                yield f"{table.name}#{tables}", _safe(table, cells, told[-2] if len(told) > 1 else None)
        unknown.end()
    if not tables:
        raise Refused("ga4")


class _Unknown:
    """Finds the heads of tables that are not understood but might be: with a column nobody knows, and a day in the
    row below."""

    def __init__(self, named: Mapping[str, str], found: list[Unclear] | None) -> None:
        self._named, self._found = named, found
        self._head: list[str] | None = None
        self._is_over = self.is_comment = False

    def see(self, cells: list[str], table: Any) -> None:
        """One line after another; those before the head have one cell or none."""
        self.is_comment = False
        if table is not None or self._is_over or sum(bool(cell.strip()) for cell in cells) < 2:
            self._is_over = self._is_over or table is not None
        elif self._head is None:
            self._head = cells
            kinds = meanings(cells, self._named)
            self._is_over = "" not in kinds or SPLIT in kinds
        else:
            self._is_over = True
            if self._found is not None and len(self._found) < MOST_UNCLEAR and any(map(_is_day, cells)):
                self._found.append(_guessed(self._head, cells, self._named))

    def end(self, *, is_comment: bool = False) -> None:
        """A line that ends a table."""
        self._head, self._is_over, self.is_comment = None, False, is_comment


def _guessed(head: list[str], cells: list[str], named: Mapping[str, str]) -> Unclear:
    """Each column with a heading, an example, and what it may mean."""
    found: Unclear = []
    for heading, kind, cell in zip(head, meanings(head, named), cells, strict=False):
        if plain(heading):
            when = DATE if _is_day(cell) and not _NTH.fullmatch(cell.strip()) else ""
            other = IGNORE if _is_number(cell) else SPLIT
            found.append([plain(heading), heading.strip()[:100], cell.strip()[:100], kind or when or other])
    return found


def _is_day(cell: str) -> bool:
    try:
        return bool(_NTH.fullmatch(cell.strip()) or day_of(cell))
    except Broken:
        return False


def _is_number(cell: str) -> bool:
    try:
        return amount(cell) >= 0
    except Broken:
        return False


def _told(text: str) -> list[date]:
    found = _TOLD.match(text)
    try:
        return [day_of(found[1])] if found else []
    except Broken:
        return []


def _table(cells: list[str], named: Mapping[str, str]) -> _Table | None:
    kinds = meanings(cells, named)
    when = next((at for at, kind in enumerate(kinds) if kind in WHEN), None)
    if when is None:
        return None
    figures: dict[str, int] = {}
    for at, kind in enumerate(kinds):
        if kind in FIGURES and (kind not in figures or wins(cells[at])):
            figures[kind] = at
    first = min(figures.values(), default=0)
    unknown = any(kind == SPLIT or (not kind and at < first) for at, kind in enumerate(kinds))
    if not figures or unknown:  # a split that is not known here: its rows would be taken for whole days
        return None
    by = [(at, DIMENSIONS.get(kind, kind)) for at, kind in enumerate(kinds) if kind in (*DIMENSIONS, SOURCE_MEDIUM)]
    return _Table(when, by, figures, len(cells), kinds[when] == NTH_DAY)


def _safe(table: _Table, cells: list[str], start: date | None) -> Parsed | Broken:
    if len(cells) < table.width:
        return Broken("cells")
    when = cells[table.day].strip()
    if not when or "total" in when.lower() or is_word("sum", when):
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
        if is_word("nothing", cells[at]):
            continue
        if key == SOURCE_MEDIUM:
            source, _slash, medium = cells[at].partition("/")
            found += days.row(day, Dimension.SOURCE, "" if "(direct)" in source else source, figures)
            found += days.row(day, Dimension.MEDIUM, medium, figures)
        else:
            found += days.row(day, key, cells[at], figures)
    return found or "empty"
