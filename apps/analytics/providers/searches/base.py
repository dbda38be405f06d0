"""What searches led to a site: the kind `search_console`. A vendor is one class that answers one question at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers.searches import plan
from apps.core.bucket import Pace
from apps.core.providers import ProviderError, ProviderField
from apps.core.sync import Page, SyncProvider, SyncRegistry

PACIFIC = ZoneInfo("America/Los_Angeles")  # whose days Google counts by
PAGE_ROWS = 5_000
PROPERTY = ProviderField(
    "property", _("Property"), required=False,
    help=_("As Search Console names it: sc-domain:example.com or https://www.example.com/. Choose it on the site's "
           "page “Google searches”."),
)


@dataclass(frozen=True, slots=True)
class Property:
    """A site as the vendor knows it. `is_readable`: whether this account has proved that it may see its figures."""

    url: str
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Figures of the days from `first` to `last`, by these dimensions, from the row `start` on; with `where`, only of
    what has exactly these values: (dimension, value)."""

    property: str
    first: date
    last: date
    by: tuple[str, ...]
    start: int = 0
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line: values in the order of the question's dimensions. `position` is the mean place, 1 the best."""

    keys: tuple[str, ...]
    clicks: int
    impressions: int
    position: float


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: at most `PAGE_ROWS` rows, and from which day on the vendor is still counting (None: unsaid)."""

    rows: Sequence[Row]
    unfinished_from: date | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one dimension ("" for the totals of days) that replace what is stored of these days when they `begin`.

    `days` says of each row which day it belongs to.
    """

    property: str
    by: str
    first: date
    last: date
    rows: Sequence[Row]
    days: Sequence[date]
    begins: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """From which day to which there are figures, and up to which they will not change any more."""

    property: str
    first: date
    last: date
    final: date


class SearchConsole(SyncProvider):
    """A vendor that knows a site's searches. It is asked twice a day, and first for all it still has."""

    fields: ClassVar[tuple[ProviderField, ...]] = (PROPERTY,)
    every: ClassVar[timedelta] = timedelta(hours=12)
    pace: ClassVar[Pace] = Pace(per_second=5, burst=5)  # a site may be asked 1,200 times a minute

    def properties(self) -> list[Property]:
        """The sites this account knows; raises ProviderError."""
        raise ProviderError(f"{self.key} lists no properties", permanent=True)

    def ask(self, question: Question) -> Told:
        """The figures; raises ProviderError."""
        raise ProviderError(f"{self.key} cannot be asked", permanent=True)

    def fetch_page(self, cursor: Mapping[str, Any]) -> Page:
        """The answer to the one question that comes after `cursor`."""
        chosen = str(self.config.get("property") or "")
        if not chosen:
            return Page([], {}, more=False)
        if cursor.get("property") != chosen:
            cursor = {"property": chosen}
        return self._details(plan.Plan.of(cursor)) if "by" in cursor else self._totals(cursor)

    def _totals(self, cursor: Mapping[str, Any]) -> Page:
        """Every run begins with the totals of the days that were not final when the last one ended."""
        today = timezone.now().astimezone(PACIFIC).date()
        first = plan.first_day(cursor, today)
        told = self.ask(Question(cursor["property"], first, today, ("date",)))
        days = [date.fromisoformat(row.keys[0]) for row in told.rows]
        if not days:
            return Page([], cursor, more=False)
        begun = plan.begin(cursor, days, told.unfinished_from, today)
        items = [
            Slice(cursor["property"], "", first, today, told.rows, days, begins=True),
            Reach(cursor["property"], begun.known_from, begun.last, begun.final),
        ]
        return Page(items, begun.cursor(), more=True)

    def _details(self, step: plan.Plan) -> Page:
        by = ("date", step.by) if step.by in plan.SPANS else (step.by,)
        told = self.ask(Question(step.of_property, step.span_first, step.at, by, step.row))
        dated = step.by in plan.SPANS
        days = [date.fromisoformat(row.keys[0]) if dated else step.at for row in told.rows]
        rows = [
            Row((_as_ours(step.by, row.keys[-1]),), row.clicks, row.impressions, row.position) for row in told.rows
        ]
        found = Slice(step.of_property, step.by, step.span_first, step.at, rows, days, begins=step.row == 0)
        after = step.after(len(rows), is_full=len(told.rows) >= PAGE_ROWS)
        return Page([found], after if isinstance(after, dict) else after.cursor(), more=not isinstance(after, dict))


def _as_ours(by: str, value: str) -> str:
    """A country of three letters as one of two, a device in small letters; "" for one nobody knows."""
    if by == "country":
        found = get_global("territory_aliases").get(value.upper()) or [""]
        return "" if found[0] == "ZZ" else found[0]
    return value.lower() if by == "device" else value


search_consoles = SyncRegistry(
    "search_console", _("Searches"), store="apps.analytics.services.search_store.search_store", elsewhere=True
)
