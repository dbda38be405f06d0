"""What the rollups are told of visits as wholes, where they began: that there is one, how it began, ended and lasted.

A visit that has changed since it was last reported is taken back as it was and told as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from apps.analytics.enums import Dimension
from apps.analytics.histograms import SESSION_SECONDS, bucket_of
from apps.analytics.pipeline.clock import Day
from apps.analytics.pipeline.counts import BOUNCES, DURATION, SESSIONS, VISITORS, DayCounts, Row
from apps.analytics.pipeline.hits import Visit
from apps.analytics.pipeline.memory import report_of
from apps.analytics.pipeline.sites import SiteInfo

_LENGTH, _ENTRY, _EXIT = (
    int(Dimension.SESSION_LENGTH), int(Dimension.ENTRY_PAGE), int(Dimension.EXIT_PAGE),
)
_BUCKETS = tuple(bucket_of(SESSION_SECONDS, seconds) for seconds in range(7200))
Report = tuple[Any, ...]


class Reports:
    """Tells changed visits to the counts of the days they began on, and to those of the minute."""

    def __init__(
        self, day: Callable[[SiteInfo, Day], DayCounts], minute: Callable[[SiteInfo, int], Row],
        site_of: Callable[[int], SiteInfo],
    ) -> None:
        self._day = day
        self._minute = minute
        self._site_of = site_of

    def tell(self, visits: Iterable[Visit]) -> None:
        """Every visit that a batch has touched."""
        latest: dict[int, DayCounts] = {}
        for visit in visits:
            new, old = report_of(visit), visit.reported
            if new == old:
                continue
            counts, started = latest.get(visit.site_id), new[0]
            if counts is None or not counts.day.start <= started < counts.day.end:
                counts = latest[visit.site_id] = self._counts(visit, started)
            if old is not None and old[0] // 60_000 == started // 60_000:
                self._amend(visit, counts, old, new)
                continue
            if old is not None:
                self._whole(visit, self._counts(visit, old[0]), old, -1)
            self._whole(visit, counts, new, 1)

    def _counts(self, visit: Visit, at: int) -> DayCounts:
        site = self._site_of(visit.site_id)
        return self._day(site, site.clock.day_of(at))

    def _whole(self, visit: Visit, counts: DayCounts, report: Report, sign: int) -> None:
        started, entry, exit_page, bounced, seconds = report
        visit.reported = None
        live = self._minute(counts.site, started)
        for row in (live, counts.hour(counts.day.hour_of(started)), *counts.groups(visit)):
            row[SESSIONS] += sign
            row[BOUNCES] += sign * bounced
            row[DURATION] += sign * seconds
        counts.at(_LENGTH, _bucket(seconds))[SESSIONS] += sign
        self._page(visit, counts, _ENTRY, entry, report, sign)
        self._page(visit, counts, _EXIT, exit_page, report, sign)
        if sign > 0:
            visit.reported = report

    def _amend(self, visit: Visit, counts: DayCounts, old: Report, new: Report) -> None:
        """The usual case: it began where it did, and went on."""
        bounced, seconds = new[3] - old[3], new[4] - old[4]
        if bounced or seconds:
            live = self._minute(counts.site, new[0])
            for row in (live, counts.hour(counts.day.hour_of(new[0])), *counts.groups(visit)):
                row[BOUNCES] += bounced
                row[DURATION] += seconds
            before, after = _bucket(old[4]), _bucket(new[4])
            if before != after:
                counts.at(_LENGTH, before)[SESSIONS] -= 1
                counts.at(_LENGTH, after)[SESSIONS] += 1
        for dimension, place in ((_ENTRY, 1), (_EXIT, 2)):
            if old[place] == new[place]:
                if new[place] and (bounced or seconds):
                    row = counts.at(dimension, new[place])
                    row[BOUNCES] += bounced
                    row[DURATION] += seconds
                continue
            visit.reported = None
            self._page(visit, counts, dimension, old[place], old, -1)
            self._page(visit, counts, dimension, new[place], new, 1)
        visit.reported = new

    @staticmethod
    def _page(visit: Visit, counts: DayCounts, dimension: int, page: str, report: Report, sign: int) -> None:
        if not page:
            return
        row = counts.at(dimension, page)
        row[SESSIONS] += sign
        row[BOUNCES] += sign * report[3]
        row[DURATION] += sign * report[4]
        if len(visit.person.visits) == 1 or not _shared(visit, counts.day, 1 if dimension == _ENTRY else 2, page):
            row[VISITORS] += sign


def _bucket(seconds: int) -> str:
    return _BUCKETS[seconds] if seconds < 7200 else bucket_of(SESSION_SECONDS, seconds)


def _shared(visit: Visit, day: Day, place: int, page: str) -> bool:
    """Whether another visit of the same person, begun on the same day, is reported with the same page."""
    return any(
        other.reported is not None and other is not visit and other.person is visit.person
        and other.reported[place] == page and day.start <= other.reported[0] < day.end
        for other in visit.person.visits
    )
