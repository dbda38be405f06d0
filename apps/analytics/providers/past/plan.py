"""In which order a past is asked for: week by week, in each week one table after the other, each in pages.

What is kept between two questions is a small dict, so that fetching goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

DAYS_AT_ONCE = 7  # few enough that Google neither samples nor runs over its widest tables
PAGE_ROWS = 10_000
_ALL = ("sessions", "totalUsers", "screenPageViews", "eventCount", "keyEvents", "totalRevenue", "ecommercePurchases",
        "engagedSessions", "averageSessionDuration", "userEngagementDuration")
_COME = ("sessions", "totalUsers", "screenPageViews", "eventCount", "keyEvents", "totalRevenue", "ecommercePurchases",
         "engagedSessions", "averageSessionDuration")
# What days are split by ("" for the totals), and what is counted then: at most ten figures may be asked at once.
TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", _ALL), ("sessionDefaultChannelGroup", _COME), ("sessionSource", _COME), ("sessionMedium", _COME),
    ("sessionCampaignName", _COME), ("landingPage", ("sessions", "totalUsers", "engagedSessions")),
    ("pagePath", ("screenPageViews", "totalUsers", "eventCount", "userEngagementDuration")),
    ("countryId", _COME), ("city", ("sessions", "totalUsers", "screenPageViews", "eventCount")),
    ("deviceCategory", _COME), ("browser", _COME), ("operatingSystem", _COME),
    ("eventName", ("eventCount", "totalUsers", "keyEvents")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """The next question for an import: days from `at` on, table number `table`, from row `row` on."""

    import_id: int
    of_property: str
    currency: str
    first: date
    last: date
    at: date
    table: int = 0
    row: int = 0

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Step:
        """The step a cursor stands for."""
        days = {name: date.fromisoformat(cursor[name]) for name in ("first", "last", "at")}
        return cls(cursor["import"], cursor["property"], cursor["currency"], **days, table=cursor["table"],
                   row=cursor["row"])

    def cursor(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "import": self.import_id, "property": self.of_property, "currency": self.currency,
            "first": self.first.isoformat(), "last": self.last.isoformat(), "at": self.at.isoformat(),
            "table": self.table, "row": self.row,
        }

    @property
    def until(self) -> date:
        """The last day of this question."""
        return min(self.at + timedelta(days=DAYS_AT_ONCE - 1), self.last)

    def after(self, rows: int, of: int) -> Step | None:
        """The step after an answer of so many rows of so many; None when that was the last."""
        if rows and self.row + rows < of:
            return replace(self, row=self.row + rows)
        if self.table + 1 < len(TABLES):
            return replace(self, table=self.table + 1, row=0)
        if self.until < self.last:
            return replace(self, at=self.until + timedelta(days=1), table=0, row=0)
        return None
