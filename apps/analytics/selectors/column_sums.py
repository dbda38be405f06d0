"""Sums of which several parts of a page are made, asked once and kept: copies never change, and one that does is made
anew under another name, so a question about the same copies has the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from threading import Lock
from typing import Any

from apps.analytics.selectors.column_sql import DAY_US, Tables
from apps.analytics.selectors.measures import COLUMNS, plain
from apps.metrics.contracts import Number

SECONDS = 5.0
# What most visits share with many: of these the tables of a page are short, and one look at the visits makes them all.
FEW = ("channel", "country", "device")
_SUMS = tuple("engaged_ms" if name == "engaged_s" else name for name in COLUMNS)
_EPOCH = date(1970, 1, 1).toordinal()
_MOST_KEPT = 32
_kept: dict[tuple[str, tuple[Any, ...]], list[tuple[Any, ...]]] = {}  # the one used last comes last
_lock = Lock()


def by_day(tables: Tables) -> Iterator[tuple[date, dict[str, Number]]]:
    """Every sum by the day of the clock, which may come twice and adds up: the figures above a page, their course, and
    what a share is a share of."""
    for number, *values in _asked(tables, *tables.sums_by(tables.words.whole(tables.local, DAY_US), _SUMS)):
        yield date.fromordinal(_EPOCH + number), dict(zip(_SUMS, map(plain, _SUMS, values), strict=True))


def by_few(tables: Tables) -> dict[str, dict[str, int]]:
    """Visitors by each of FEW, and by its values."""
    found: dict[str, dict[str, int]] = {word: {} for word in FEW}
    for *values, apart, visitors in _asked(tables, *tables.visitors_by(FEW)):
        place = f"{int(apart):0{len(FEW)}b}".index("0")
        counts = found[FEW[place]]
        counts[values[place]] = counts.get(values[place], 0) + int(visitors)
    return found


def forget() -> None:
    """Ask everything anew."""
    with _lock:
        _kept.clear()


def _asked(tables: Tables, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    key = (sql, tuple(params))
    with _lock:
        rows = _kept.pop(key, None)
    if rows is None:
        with tables.plan.store.reading(SECONDS, tables.plan.copies) as copies:
            copies.execute(sql, params)
            rows = copies.fetchall()
    with _lock:
        _kept[key] = rows
        while len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return rows
