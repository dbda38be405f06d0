"""Copies in ClickHouse: every making of a span is a partition of its own in each of four tables.

A partition is what ClickHouse takes in, finds and lets go of as one, so a copy that is replaced or erased is off the
disk without anything being rewritten. How many rows each must have stands in PostgreSQL, and is held against what is
there whenever it was read.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.analytics.columns import engine, files
from apps.analytics.columns.clickhouse import UNKNOWN_TABLE, ClickHouse, ClickHouseCursor, ClickHouseError, literal
from apps.analytics.columns.contracts import (
    CLICKHOUSE,
    EVENTS,
    LAYOUT,
    NAMES,
    PAGES,
    TABLES,
    VISITS,
    VITALS,
    WORDS,
    ColumnCursor,
    CopiesGone,
    Copy,
    key_of,
)
from apps.analytics.columns.words import ClickHouseWords

LOOK_SECONDS, REMOVE_SECONDS, STORE_SECONDS = 5.0, 10.0, 600.0
PIECE_BYTES = 64 * 1024 * 1024  # ClickHouse keeps a Parquet file in memory while it takes it in
_BIG, _SMALL, _AT, _BOOL, _TEXT, _FEW = (
    "Int64", "Int32", "DateTime64(6, 'UTC')", "Bool", "String", "LowCardinality(String)",
)
_MONEY = "Nullable(Decimal(18, 4))"
_RARE = {"entry_page", "exit_page", "campaign", "term", "content", "referrer", "city", "uid"}
_OF_WORDS = {word: _TEXT if word in _RARE else _FEW for word in WORDS}
_OWNER = {"organization_id": _BIG, "site_id": _BIG}
_NARROW = {
    **_OWNER, "visit": _BIG, "started_at": _AT, "visitor": _BIG, **_OF_WORDS, "value": _TEXT, "first": _BOOL,
    "n_pageviews": _BIG, "n_events": _BIG, "n_engaged_ms": _BIG, "n_conversions": _BIG, "n_orders": _BIG,
    "n_revenue": _MONEY, "currency": "Nullable(String)", "alone": _BOOL,
}
COLUMNS = {
    VISITS: {
        **_OWNER, "visit": _BIG, "session": _BIG, "visitor": _BIG, "started_at": _AT,
        "entry_at": f"Nullable({_AT})", "seconds": _BIG,
        "pageviews": _SMALL, "events": _SMALL, "engaged_ms": _BIG, "conversions": _SMALL, "orders": _SMALL,
        "revenue": "Decimal(18, 4)", "is_bounce": _BOOL, **_OF_WORDS, "consented": _BOOL, "alone": _BOOL,
    },
    EVENTS: {
        **_OWNER, "visit": _BIG, "id": _BIG, "time": _AT, "name": _FEW, "path": _TEXT, "engaged_ms": _SMALL,
        "converts": _BOOL, "consented": _BOOL, "is_order": _BOOL, "revenue": _MONEY, "currency": _FEW,
        "properties": "Array(Nullable(String))", **dict.fromkeys(VITALS, "Nullable(Float64)"),
        "step": f"Nullable({_SMALL})", "turn": _BOOL, "steps_left": f"Nullable({_SMALL})",
        "page_before": "Nullable(String)", "page_after": "Nullable(String)",
    },
    PAGES: _NARROW, NAMES: _NARROW,
}
_ORDER = {VISITS: "started_at, visit", EVENTS: "visit, time, id", PAGES: "started_at, visit",
          NAMES: "started_at, visit"}


class ClickHouseStore:
    """The database at CLICKHOUSE_URL."""

    place = CLICKHOUSE
    key = key_of(CLICKHOUSE)
    words = ClickHouseWords()

    def __init__(self) -> None:
        self._server = ClickHouse(settings.CLICKHOUSE_URL)

    def usable(self, copies: Sequence[Copy]) -> list[Copy]:
        """All of them, unless the server could not be reached a moment ago; `reading` looks closer."""
        return [] if self._server.rests else list(copies)

    def complete(self, copies: Sequence[Copy]) -> list[Copy]:
        """Those with every row."""
        rows, _ = self._there([])
        return [copy for copy in copies if _has(rows, copy)]

    def table(self, copies: Sequence[Copy], name: str) -> str:
        """The rows of these copies. Every question passes here: whose they are is said beside their names, which no
        other organization knows."""
        organizations, sites = ({copy.organization_id for copy in copies}, {copy.site_id for copy in copies})
        return (
            f"(SELECT * FROM {_table(name)} WHERE organization_id IN ({_list(organizations)})"
            f" AND site_id IN ({_list(sites)}) AND span IN ({_list({copy.name for copy in copies})}))"
        )

    @contextmanager
    def reading(self, seconds: float, copies: Sequence[Copy]) -> Iterator[ColumnCursor]:
        """A cursor. When everything is read, all rows must still be there: copies are taken away from the visits on, so
        what was there afterwards was there before."""
        cursor = ClickHouseCursor(self._server, time.monotonic() + seconds)
        yield cursor
        rows, _ = self._there([copy.name for copy in copies])
        if not all(_has(rows, copy) for copy in copies):
            raise CopiesGone("a copy was taken away while it was read, or is not whole")

    def put(self, part: Path, copy: Copy) -> int:
        """Send the files, and look whether every row has come."""
        for name, count in zip(TABLES, copy.rows, strict=True):
            for file in _pieces(part, name) if count else ():
                self._insert(name, copy, file)
        files.remove(files.folder(copy))
        rows, size = self._there([copy.name])
        if not _has(rows, copy):
            raise CopiesGone("not every row has arrived")
        return size

    def remove(self, copy: Copy) -> None:
        """Drop its partitions, the visits first, from the tables of every layout."""
        rows, _ = self._there([copy.name], ever=True)
        for table in sorted((table for table, _ in rows), key=lambda table: TABLES.index(table.rpartition("_")[0])):
            self._server.run(f"ALTER TABLE {table} DROP PARTITION {literal(copy.name)}", REMOVE_SECONDS)

    def held(self) -> list[Copy]:
        """Every partition in the tables of every layout."""
        rows, _ = self._there([], ever=True)
        return [Copy(0, 0, name) for name in {name for _, name in rows}]

    def sums(self, copy: Copy) -> tuple[Any, ...]:
        """Visits, page views, events and money of a copy, to be held against PostgreSQL's."""
        found = self._server.rows(
            "SELECT count(*), coalesce(sum(pageviews), 0), coalesce(sum(events), 0), coalesce(sum(revenue), 0)"
            f" FROM {self.table([copy], VISITS)}", STORE_SECONDS,
        )
        return found[0]

    def _insert(self, name: str, copy: Copy, file: Path) -> None:
        try:
            self._server.run(_insertion(name, copy), STORE_SECONDS, _read(file))
        except ClickHouseError as error:
            if error.code != UNKNOWN_TABLE:
                raise
            self._server.run(_creation(name), LOOK_SECONDS)
            self._server.run(_insertion(name, copy), STORE_SECONDS, _read(file))

    def _there(self, names: Sequence[str], *, ever: bool = False) -> tuple[Counter[tuple[str, str]], int]:
        """Rows by table and partition, and bytes of all; of every partition when none is named, and of tables of every
        layout with `ever`."""
        only = f" AND partition IN ({_list(names)})" if names else ""
        tables = f"IN ({_list(map(_table, TABLES))})" if not ever else f"REGEXP '^({'|'.join(TABLES)})_[0-9]+$'"
        found = self._server.rows(
            "SELECT table, partition, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active"
            f" AND database = currentDatabase() AND table {tables}{only}"
            " GROUP BY table, partition", LOOK_SECONDS,
        )
        return Counter({(table, name): rows for table, name, rows, _ in found}), sum(row[3] for row in found)


def _has(rows: Counter[tuple[str, str]], copy: Copy) -> bool:
    return all(rows[_table(name), copy.name] == number for name, number in zip(TABLES, copy.rows, strict=True))


def _table(name: str) -> str:
    return f"{name}_{LAYOUT}"


def _list(values: object) -> str:
    return ", ".join(literal(value) for value in sorted(values))  # type: ignore[call-overload]


def _creation(name: str) -> str:
    columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS[name].items())
    return (
        f"CREATE TABLE IF NOT EXISTS {_table(name)} (span LowCardinality(String), {columns}) ENGINE = MergeTree"
        f" PARTITION BY span ORDER BY ({_ORDER[name]})"
    )


def _insertion(name: str, copy: Copy) -> str:
    inside = {column: kind for column, kind in COLUMNS[name].items() if column not in _OWNER}
    structure = ", ".join(f"{column} {kind}" for column, kind in inside.items())
    columns = ", ".join(inside)
    return (
        f"INSERT INTO {_table(name)} (span, organization_id, site_id, {columns})"
        f" SELECT {literal(copy.name)}, {int(copy.organization_id)}, {int(copy.site_id)}, {columns}"
        f" FROM input({literal(structure)}) FORMAT Parquet"
    )


def _pieces(part: Path, name: str) -> list[Path]:
    """The file of a table, or what it is cut into when it is large."""
    file = part / files.file_of(name)
    if file.stat().st_size <= PIECE_BYTES:
        return [file]
    folder = part / name
    with engine.writing() as duck:
        duck.execute(
            f"COPY (SELECT * FROM '{engine.quoted(str(file))}') TO '{engine.quoted(str(folder))}'"
            f" (FORMAT parquet, FILE_SIZE_BYTES {PIECE_BYTES})"
        )
    return sorted(folder.iterdir())


def _read(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while block := opened.read(1024 * 1024):
            yield block
