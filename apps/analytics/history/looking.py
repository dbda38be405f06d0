"""Looking an uploaded file through before anything is taken: what is in it, from when to when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, DayRow, Refused, Seen
from apps.analytics.history.readers import OF_DAYS, open_rows

SHOWN = 5
MOST_FAULTS = 100
UNCLEAR = frozenset({"ga4", "nothing", "no_totals"})  # refusals that a table may cure whose columns are named


def look_through(kind: str, path: str, host: str, named: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the page shows before the start: `lines`, `usable`, `broken`, `faults` (the first, by number), `left` by
    reason, `first` and `last` (ISO), `rows` (the first ones), `tables`, `ordered`; of columns
    `named` as they were and `unclear`, tables that are not understood. Raises Refused for what cannot be taken; where
    there are unclear tables, with what was found in it."""
    found, unclear = _Found(), []
    try:
        for number, table, item in open_rows(kind, Upload(path), host, named=named, unclear=unclear):
            found.add(number, table, item)
        _judge(kind, found)
    except Refused as refused:
        if unclear and str(refused) in UNCLEAR:
            raise Refused(str(refused), found.as_json() | {"unclear": unclear}) from refused
        raise
    return found.as_json() | ({"named": dict(named)} if named else {}) | ({"unclear": unclear} if unclear else {})


def _judge(kind: str, found: _Found) -> None:
    """Raises Refused."""
    if not found.usable:
        raise Refused("nothing", found.as_json())
    if kind in OF_DAYS and "total" not in found.dimensions:
        raise Refused("no_totals")
    if kind in OF_DAYS and found.repeated:
        raise Refused("twice")


class _Found:
    def __init__(self) -> None:
        self.lines = self.usable = self.broken = 0
        self.left: Counter[str] = Counter()
        self.tables: Counter[str] = Counter()
        self.rows: list[list[Any]] = []
        self.faults: list[list[Any]] = []
        self.dimensions: set[str] = set()
        self.first = self.last = ""
        self.ordered, self.repeated = True, False
        self._newest = 0
        self._held: dict[tuple[int, str, date], str] = {}

    def add(self, number: int, table: str, item: Any) -> None:
        self.lines = number
        if isinstance(item, Broken):
            self.broken += 1
            if len(self.faults) < MOST_FAULTS:
                self.faults.append([number, str(item)])
        elif isinstance(item, str):
            self.left[item] += 1
        else:
            self.usable += 1
            self.tables[table.partition("#")[0]] += 1
            self._take(table, item)

    def _take(self, table: str, item: Seen | list[DayRow]) -> None:
        if isinstance(item, Seen):
            self.ordered = self.ordered and item.at >= self._newest
            if item.at > self._newest or not self.first:
                self._newest = max(item.at, self._newest)
            self._span(_iso(item.at))
            if len(self.rows) < SHOWN:
                self.rows.append([_iso(item.at), item.event["name"], item.event["url"][:200]])
            return
        for row in item:
            name = "total" if row.dimension == 0 else table
            self.dimensions.add(name)
            for figure in row.figures:
                if row.dimension or figure != "events":
                    held = self._held.setdefault((row.dimension, figure, row.day), table)
                    self.repeated = self.repeated or held != table
        self._span(item[0].day.isoformat())
        if len(self.rows) < SHOWN:
            figures = [[name, str(figure)] for name, figure in item[0].figures.items() if figure]
            self.rows.append([item[0].day.isoformat(), item[0].value, figures])

    def _span(self, moment: str) -> None:
        if not self.first or moment < self.first:
            self.first = moment
        if moment > self.last:
            self.last = moment

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines, "usable": self.usable, "broken": self.broken, "left": dict(self.left),
            "first": self.first, "last": self.last, "rows": self.rows, "tables": dict(self.tables),
            "ordered": self.ordered, "faults": self.faults,
        }


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="minutes")
