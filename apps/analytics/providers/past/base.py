"""Where a site's past can be fetched from, asked table by table: the kind `analytics_past`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from apps.analytics.providers.past.plan import TABLES, Step
from apps.core.bucket import Pace
from apps.core.providers import ProviderError
from apps.core.sync import Page, SyncProvider, SyncRegistry


@dataclass(frozen=True, slots=True)
class Property:
    """What a vendor counts separately, and the account it belongs to."""

    key: str
    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Question:
    """Figures of the days from `first` to `last` by `by` ("" for totals), from the row `start` on."""

    property: str
    first: date
    last: date
    by: str
    figures: tuple[str, ...]
    currency: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: rows of texts (date, the value if there is one, figures), how many there are in all, and what the
    vendor says of how it counted: `other`, `threshold`, `sampled` (true when so), `zone`, `currency`."""

    rows: Sequence[Sequence[str]]
    of: int
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """A page of a table for an import. `head` are its headings where the table begins; `is_last` ends the import."""

    import_id: int
    by: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    through: date
    notes: Mapping[str, Any]
    is_last: bool


class Past(SyncProvider):
    """A vendor that has counted before. It is asked when somebody wants a past, and rests otherwise."""

    every: ClassVar[timedelta] = timedelta(days=30)
    pace: ClassVar[Pace] = Pace(per_second=3, burst=3)

    def properties(self) -> list[Property]:
        """What this account sees; raises ProviderError."""
        raise ProviderError(f"{self.key} lists no properties", permanent=True)

    def ask(self, question: Question) -> Told:
        """The figures; raises ProviderError."""
        raise ProviderError(f"{self.key} cannot be asked", permanent=True)

    def fetch_page(self, cursor: Mapping[str, Any]) -> Page:
        """The next page of the import in the cursor; nothing when none is wanted."""
        if "import" not in cursor:
            return Page([], {}, more=False)
        step = Step.of(cursor)
        by, figures = TABLES[step.table]
        told = self.ask(Question(step.of_property, step.at, step.until, by, figures, step.currency, step.row))
        after = step.after(len(told.rows), told.of)
        head = ("date", *([by] if by else []), *figures) if not step.row else ()
        piece = Piece(step.import_id, by, head, told.rows, step.until, told.notes, is_last=after is None)
        return Page([piece], after.cursor() if after else {}, more=after is not None)


pasts = SyncRegistry(
    "analytics_past", "Google Analytics", store="apps.analytics.services.import_fetch.import_piece", elsewhere=True
)
