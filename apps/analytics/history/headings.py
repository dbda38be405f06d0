"""What the columns of a report of Google Analytics mean: its headings stand in the language of whoever downloads it.

They are data (`ga4_headings.csv`): each heading with what it means, the language, where it was seen and when that was
checked. `first` marks the one that wins where a table has two columns for one figure.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from apps.analytics.enums import Dimension

FILE = Path(__file__).with_name("ga4_headings.csv")
DATE, NTH_DAY, IGNORE, SPLIT = "date", "nth_day", "ignore", "split"
WHEN = (DATE, NTH_DAY)
DIMENSIONS: Mapping[str, int] = {
    "channel": Dimension.CHANNEL, "source": Dimension.SOURCE, "medium": Dimension.MEDIUM,
    "campaign": Dimension.CAMPAIGN, "page": Dimension.PAGE, "entry_page": Dimension.ENTRY_PAGE,
    "country": Dimension.COUNTRY, "city": Dimension.CITY, "device": Dimension.DEVICE, "browser": Dimension.BROWSER,
    "os": Dimension.OS, "event": Dimension.EVENT,
}
SOURCE_MEDIUM = "source_medium"  # both in one cell
FIGURES = (
    "sessions", "visitors", "pageviews", "events", "conversions", "revenue", "orders", "engaged_sessions",
    "each_seconds", "engaged_s",
)
COLUMNS = frozenset({*WHEN, *DIMENSIONS, SOURCE_MEDIUM, *FIGURES, IGNORE, SPLIT})  # what an owner may say one means


def plain(heading: str) -> str:
    """A heading as it is compared: letters and digits of any script, small, without marks and spaces between."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def meanings(cells: Sequence[str], named: Mapping[str, str]) -> list[str]:
    """What each column means, as its owner named it or as it is known; "" for one that is neither."""
    known = _read()[0]
    return [named.get(name) or known.get(name, "") for name in map(plain, cells)]


def wins(heading: str) -> bool:
    """Whether this column is taken where another means the same."""
    return plain(heading) in _read()[1]


def is_word(kind: str, text: str) -> bool:
    """Whether a cell says in any language that its row is a sum ("sum"), or that it says nothing ("nothing")."""
    return _read()[2].get(plain(text)) == kind


@cache
def _read() -> tuple[dict[str, str], frozenset[str], dict[str, str]]:
    """Headings with their meaning, those that win, and words of cells with their kind."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    words = {plain(row["heading"]): row["meaning"] for row in rows if row["meaning"] not in COLUMNS}
    known = {plain(row["heading"]): row["meaning"] for row in rows if row["meaning"] in COLUMNS}
    return known, frozenset(plain(row["heading"]) for row in rows if row["first"]), words
