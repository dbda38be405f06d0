"""Terms of one page, and pages of one term: asked of the vendor when somebody looks, since no question is dearer, and
kept for a while, since none may be asked twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _t

from apps.analytics.models import SiteSearch
from apps.analytics.providers.searches.base import PACIFIC, PAGE_ROWS, Question, Told, search_consoles
from apps.analytics.providers.searches.plan import HISTORY
from apps.analytics.selectors.search_figures import Line
from apps.analytics.services.search_store import PAIRS, stored_value
from apps.analytics.services.searches import asked
from apps.core import bucket
from apps.core.models import Connection
from apps.core.providers import ProviderError

KEPT_SECONDS = 12 * 3600
KEPT_UNFINISHED_SECONDS = 3600  # of days whose figures may still rise
PATIENCE_SECONDS = 2.0
BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows by terms or pages, the most clicked first, of the days from `first` to `last` as they were told at `at`.

    `is_cut`: there are more than can be asked for at once. `is_short`: the vendor's memory begins after the period.
    """

    rows: tuple[Line, ...]
    first: date
    last: date
    at: datetime
    is_cut: bool
    is_short: bool


def search_pairs(*, row: SiteSearch, by: str, of: str, value: str, first: date, last: date, ask: bool) -> Pairs | None:
    """What goes with a value: `by` and `of` are "query" and "page", or the other way round.

    Without `ask`, what is kept, or None. Raises ProviderError: with `retry_after` in seconds where waiting helps, also
    without asking while the vendor wants to be left alone; permanent where a person has to act.
    """
    today = timezone.now().astimezone(PACIFIC).date()
    known_from = today - HISTORY
    begin = max(first, known_from)
    if begin > last:
        words = _t("Google keeps these figures for sixteen months. Choose a period that is not so long ago.")
        raise ProviderError(words, permanent=True)
    key = _key(row, by, value, begin, last)
    kept: Pairs | None = cache.get(key)
    if kept is not None or not ask:
        return kept
    question = Question(row.property, begin, last, (by,), where=((of, value),))
    told = _told(_account(row), question)
    lines = tuple(
        Line(stored_value(line.keys[0]), line.clicks, line.impressions, line.position * line.impressions)
        for line in told.rows
    )
    found = Pairs(lines, begin, last, timezone.now(), len(lines) >= PAGE_ROWS, begin > first)
    is_final = row.final_day is not None and last <= row.final_day
    cache.set(key, found, KEPT_SECONDS if is_final else KEPT_UNFINISHED_SECONDS)
    return found


def _account(row: SiteSearch) -> Connection:
    connection = row.connection
    if connection is None:
        words = _t("No account is connected any more, so Google cannot be asked.")
        raise ProviderError(words, permanent=True)
    if connection.status == Connection.Status.PAUSED:
        raise ProviderError(_t("The connection is paused, so nothing is fetched."), permanent=True)
    if connection.config.get("property") != row.property:
        words = _t("Another property was just chosen. Its figures are on their way.")
        raise ProviderError(words, retry_after=BUSY_SECONDS)
    return connection


def _told(connection: Connection, question: Question) -> Told:
    """The answer, at the pace the sync keeps to as well; a vendor that wants to be left alone is."""
    waits = f"search-pairs:wait:{connection.pk}"
    if resting := cache.get(waits):
        words, until = resting
        raise ProviderError(words, retry_after=max((until - timezone.now()).total_seconds(), 1.0))
    pace = search_consoles.get(connection.provider).pace
    if not bucket.wait_for(f"sync:{connection.pk}", pace, at_most_seconds=PATIENCE_SECONDS):
        raise ProviderError(_t("Google is being asked for other figures just now."), retry_after=BUSY_SECONDS)
    try:
        return asked(connection, lambda vendor: vendor.ask(question))
    except ProviderError as error:
        if error.retry_after and not error.permanent:
            until = timezone.now() + timedelta(seconds=error.retry_after)
            cache.set(waits, (str(error), until), error.retry_after)
        raise


def _key(row: SiteSearch, *parts: Any) -> str:
    """Not found any more once the figures of the site were forgotten."""
    name = PAIRS.format(site=row.site_id)
    age = cache.get(name)
    if age is None:
        age = token_hex(8)
        cache.set(name, age, None)
    text = "\n".join(str(part) for part in (row.property, *parts))
    return f"search-pairs:{row.site_id}:{age}:{hashlib.sha256(text.encode()).hexdigest()}"

