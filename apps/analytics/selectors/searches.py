"""Whether a site's searches are known, and how far: what the page and the API say before they show a figure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from apps.analytics.enums import SearchDimension
from apps.analytics.models import SearchFigure, Site, SiteSearch
from apps.core.models import Connection
from apps.core.oauth import OAuthProvider
from apps.core.providers import find_vendor
from apps.metrics.contracts import Grain
from apps.metrics.ranges import Range

_NAMED = frozenset({"month", "quarter"})  # their comparison follows the calendar also when they are cut
_YEARS = frozenset({"year", "12m"})


class SearchState(StrEnum):
    """What an owner meets."""

    OFF = "off"  # no account, and no figures of an earlier one
    UNSIGNED = "unsigned"  # an account was begun, but never signed in to
    UNCHOSEN = "unchosen"  # signed in, no property yet
    READING = "reading"  # the first figures are on their way
    STOPPED = "stopped"  # nothing was read yet, and nothing will be until a person acts
    NOTHING = "nothing"  # everything was read, and there is nothing
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Known:
    """A site's searches: the state, the row where there is one, and how far figures reach."""

    state: SearchState
    row: SiteSearch | None = None

    @property
    def connection(self) -> Connection | None:
        """The account."""
        return self.row.connection if self.row else None

    @property
    def is_broken(self) -> bool:
        """Whether the account needs a person."""
        return self.connection is not None and self.connection.status == Connection.Status.ERROR

    @property
    def read_back_to(self) -> date | None:
        """While the past is being read: down to which day terms and pages are there."""
        cursor = self.connection.cursor if self.connection else {}
        return date.fromisoformat(cursor["at"]) if cursor.get("by") in {"query", "page"} else None


def search_known(site: Site) -> Known:
    """What is known of a site's searches."""
    row = SiteSearch.objects.select_related("connection", "site").filter(site=site).first()
    if row is None:
        return Known(SearchState.OFF)
    if row.last_day is not None:
        return Known(SearchState.OK, row)
    return Known(_before_figures(row), row)


def _before_figures(row: SiteSearch) -> SearchState:
    connection = row.connection
    if connection is None:
        return SearchState.OFF
    vendor = find_vendor(connection.kind, connection.provider)
    if vendor is not None and issubclass(vendor, OAuthProvider) and not connection.secrets.get("access_token"):
        return SearchState.UNSIGNED
    if not connection.config.get("property"):
        return SearchState.UNCHOSEN
    if connection.status in {Connection.Status.ERROR, Connection.Status.PAUSED}:
        return SearchState.STOPPED
    was_read = connection.cursor.get("property") == connection.config["property"] and "by" not in connection.cursor
    return SearchState.NOTHING if was_read else SearchState.READING


def search_is_stored(site: Site, dim: SearchDimension, value: str) -> bool:
    """Whether a term or a page is among the stored figures of a site."""
    return SearchFigure.objects.filter(site=site, dim=dim, value=value).exists()


def covered(period: Range, row: SiteSearch) -> Range | None:
    """The part of a period that Google has figures of; None for none. What it is compared with has as many days, and is
    left out where the figures do not reach back so far."""
    if row.last_day is None or row.first_day is None or period.start > row.last_day or period.end < row.first_day:
        return None
    start, end = max(period.start, row.first_day), min(period.end, row.last_day)
    grain = Grain.DAY if period.grain is Grain.HOUR else period.grain
    found = dataclasses.replace(period, grain=grain)
    if (start, end) != (period.start, period.end):
        key = period.key if period.key in _NAMED and start == period.start else "custom"
        compare = "year" if period.key in _YEARS and period.compare == "previous" else period.compare
        found = dataclasses.replace(found, key=key, start=start, end=end, compare=compare)
    before = found.comparison_days
    if before and before[0] < row.first_day:
        found = dataclasses.replace(found, compare="none")
    return found
