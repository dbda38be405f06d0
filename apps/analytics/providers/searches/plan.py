"""In which order a property is read: all that Google still has at first, afterwards only the days that may change.

    totals by day            one question for all days; it also tells which days there are
    countries, devices       a question for four weeks
    terms and pages          a question a day, newest day first, so that the last weeks are there within seconds

The cursor holds where this is, so that a run that is killed anywhere goes on there. `done` is the last day that was
final when a run had read everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

HISTORY = timedelta(days=16 * 31)  # Google keeps sixteen months
SPAN = timedelta(days=27)  # four weeks, both ends included
USUALLY_FINAL = timedelta(days=3)
SPANS = ("country", "device")
DAILY = ("query", "page")
MOST_ROWS = {"country": 50_000, "device": 50_000, "query": 10_000, "page": 10_000}  # of one question, all its pages
_DAY = timedelta(days=1)


def first_day(cursor: Mapping[str, Any], today: date) -> date:
    """The first day a run asks about."""
    return date.fromisoformat(cursor["done"]) + _DAY if "done" in cursor else today - HISTORY


@dataclass(frozen=True, slots=True)
class Plan:
    """One question about details: `by` which dimension, up to which day (`at`), from which `row` on."""

    of_property: str
    first: date
    last: date
    final: date
    known_from: date
    by: str
    at: date
    row: int = 0

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Plan:
        """What a cursor says."""
        days = {key: date.fromisoformat(cursor[key]) for key in ("first", "last", "final", "known_from", "at")}
        return cls(of_property=cursor["property"], by=cursor["by"], row=int(cursor["row"]), **days)

    @property
    def span_first(self) -> date:
        """The first day of the question."""
        return max(self.first, self.at - SPAN) if self.by in SPANS else self.at

    def cursor(self) -> dict[str, Any]:
        """As it is stored."""
        days = {key: getattr(self, key).isoformat() for key in ("first", "last", "final", "known_from", "at")}
        return {"property": self.of_property, "by": self.by, "row": self.row, **days}

    def after(self, rows: int, *, is_full: bool) -> Plan | dict[str, Any]:
        """What comes after an answer of so many rows; at the end the cursor to rest with."""
        if is_full and self.row + rows < MOST_ROWS[self.by]:
            return replace(self, row=self.row + rows)
        if self.by in SPANS:
            if self.span_first > self.first:
                return replace(self, at=self.span_first - _DAY, row=0)
            return replace(self, by="device" if self.by == "country" else "query", at=self.last, row=0)
        if self.by == "query":
            return replace(self, by="page", row=0)
        if self.at > self.first:
            return replace(self, by="query", at=self.at - _DAY, row=0)
        return {"property": self.of_property, "done": self.final.isoformat(), "known_from": self.known_from.isoformat()}


def begin(cursor: Mapping[str, Any], days: Sequence[date], unfinished_from: date | None, today: date) -> Plan:
    """The first question about details of days that have figures. Where the vendor does not say which days it is still
    counting, the last three are taken to be."""
    last = max(days)
    final = min(last, unfinished_from - _DAY if unfinished_from else today - USUALLY_FINAL)
    first = min(days)
    done = date.fromisoformat(cursor["done"]) if "done" in cursor else first - _DAY
    known_from = date.fromisoformat(cursor["known_from"]) if "known_from" in cursor else first
    return Plan(cursor["property"], first, last, max(final, done), known_from, "country", last)
