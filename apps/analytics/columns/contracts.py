"""What the copies in columns need of a place that holds them: files beside the application, or ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

# Of what copies hold and what it means. Another number is another place for copies: those of an earlier one are never
# read, are made anew by themselves and taken away. A test tells when it has to be raised.
LAYOUT = 2
FILES, CLICKHOUSE = "files", "clickhouse"
VISITS, EVENTS = "visits", "events"
# One row of a visit and a page, and of a visit and a name of events, with what the visit is filtered by: no question
# about pages or events needs to look a visit up.
PAGES, NAMES = "pages", "names"
TABLES = (VISITS, EVENTS, PAGES, NAMES)
# What a visit is filtered by, and the speeds of a page that an event may carry.
WORDS = (
    "entry_page", "exit_page", "channel", "source", "medium", "campaign", "term", "content", "referrer", "country",
    "region", "city", "device", "browser", "os", "screen", "language", "uid",
)
VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")


def key_of(place: str) -> str:
    """What spans say of copies in FILES or CLICKHOUSE that are laid out as they are now."""
    return f"{place}-{LAYOUT}"


KEYS = (key_of(FILES), key_of(CLICKHOUSE))


class CopiesGone(Exception):
    """A copy cannot be had, was taken away between looking and reading, or is not what should be asked: PostgreSQL
    answers."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One making of a span: whose it is, its name, which no other making has, and the rows of each of TABLES."""

    organization_id: int
    site_id: int
    name: str
    rows: tuple[int, ...] = ()


class ColumnCursor(Protocol):
    """A cursor as PostgreSQL's: parameters are written %s, and times are instants of any zone."""

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row of it."""

    def fetchone(self) -> Any:
        """The next row."""


class EventWords(Protocol):
    """Where PostgreSQL and the stores' dialects differ in conditions on an event `e`."""

    escape: str  # after a pattern in which a backslash takes the next sign for itself

    def starts(self, text: str) -> str:
        """Whether a text begins with the parameter."""

    def small(self, text: str) -> str:
        """A text with A-Z made small and every other letter as it is."""

    def has_property(self, name: str, value: str) -> tuple[str, list[str]]:
        """Whether the event has a property with this value, and the parameters."""


class Words(EventWords, Protocol):
    """Where the dialects differ; everything else is written once, in `apps.analytics.selectors.column_sql`."""

    leaving_out: str  # in a select list: all columns but
    wide: str  # a type that takes every sum
    place: str  # of an event `e` among those of its visit, in the order in which they are stored; empty where unknown

    def whole(self, number: str, by: int) -> str:
        """How many times `by` goes into a number that is not negative."""

    def micros(self, moment: str) -> str:
        """Microseconds since 1970."""

    def millis(self, moment: str) -> str:
        """Milliseconds since 1970."""

    def at(self, moment: datetime) -> str:
        """An instant."""

    def pair(self, first: str, second: str) -> str:
        """Two numbers as one."""

    def mark(self, text: str) -> str:
        """A text as a number, by which it is told from others."""

    def each(self, array: str) -> str:
        """A row for each member."""

    def given(self) -> str:
        """A table with one column `r`: rows of texts that stand in the parameter, as JSON."""

    def middle(self, value: str) -> str:
        """The median."""


class ColumnStore(Protocol):
    """Where copies lie. They are put there whole, never changed, and taken away whole. Everything that asks the store
    raises CopiesGone where it cannot be reached, and QueryTooSlow where it takes too long."""

    place: str  # FILES or CLICKHOUSE
    key: str  # the same with the layout, as spans name it
    words: Words

    def usable(self, copies: Sequence[Copy]) -> list[Copy]:
        """Those of these copies that can be asked now; looks no closer than a page can wait for."""

    def complete(self, copies: Sequence[Copy]) -> list[Copy]:
        """Those of these copies that are there with every row."""

    def table(self, copies: Sequence[Copy], name: str) -> str:
        """One of TABLES with the rows of these copies, to select from."""

    def reading(self, seconds: float, copies: Sequence[Copy]) -> AbstractContextManager[ColumnCursor]:
        """A cursor for questions that together may take so many seconds. They are also too slow when they want more
        memory than they may have; CopiesGone tells as well that a copy was not there to the end."""

    def put(self, part: Path, copy: Copy) -> int:
        """Take in a folder with a Parquet file for each of TABLES; returns how many bytes it holds."""

    def remove(self, copy: Copy) -> None:
        """Take a copy away, whether it is there or not."""

    def held(self) -> Iterable[Copy]:
        """Every copy there is something of, finished or not."""
