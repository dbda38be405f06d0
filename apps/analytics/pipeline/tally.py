"""The differences one batch makes to the rollups.

Counts that belong to a visit are gathered per distinct origin, place and equipment, and only then spread over the
dimensions: adding up once per group instead of once per event and dimension is what makes it fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.analytics.enrichment.addresses import without_controls
from apps.analytics.enums import Dimension, EventFlag
from apps.analytics.histograms import VITALS, bucket_of
from apps.analytics.pipeline.clock import HOUR_MS, Day
from apps.analytics.pipeline.counts import (
    CONVERSIONS,
    ENGAGED,
    EVENTS,
    GROUPS,
    NOTHING,
    ORDERS,
    PAGEVIEWS,
    REVENUE,
    SESSIONS,
    TOTAL,
    VISITORS,
    DayCounts,
    Row,
)
from apps.analytics.pipeline.hits import Hit, Person, Visit
from apps.analytics.pipeline.marks import day_mark, hour_mark, mark_of
from apps.analytics.pipeline.products import STAGES, lines_of
from apps.analytics.pipeline.reports import Reports
from apps.analytics.pipeline.sites import SiteInfo
from apps.analytics.reaching import text_of

_CONVERSION = int(EventFlag.CONVERSION)
_CONVERSION_PAGE, _CURRENCY, _PROPERTY = (
    int(Dimension.CONVERSION_PAGE), int(Dimension.CURRENCY), int(Dimension.PROPERTY),
)
_GOAL, _REFUND = int(Dimension.GOAL), int(Dimension.REFUND)
_VITALS = tuple((name, int(dimension), edges) for name, (dimension, edges) in VITALS.items())
MOST_PROPERTIES = 30
LONGEST_VALUE = 200
MOST_REVENUE = 10**18 - 1  # of one visit, in ten-thousandths: what its row can hold
BUILT_IN = frozenset({"pageview", "leave", "vitals", "identify", "not_found"})


class Tally:
    """Counts of one batch. `live_from`: minutes before this instant are not worth keeping."""

    def __init__(self, live_from: int) -> None:
        self.days: dict[tuple[int, int], DayCounts] = {}
        self.minutes: dict[tuple[SiteInfo, int], Row] = {}
        self.last_seen: dict[tuple[SiteInfo, int], int] = {}
        self._live_from = live_from
        self._past = NOTHING.copy()  # what is counted here is thrown away

    def day(self, site: SiteInfo, day: Day) -> DayCounts:
        """The counts of a site's day."""
        key = (site.id, day.ordinal)
        found = self.days.get(key)
        if found is None:
            found = self.days[key] = DayCounts(site, day)
        return found

    @property
    def live_from(self) -> int:
        """Before this instant nothing is live."""
        return self._live_from

    def count(self, hits: Iterable[Hit]) -> None:
        """Add hits that have been given their visits, in order of time."""
        by_site: dict[SiteInfo, list[Hit]] = {}
        for hit in hits:
            found = by_site.get(hit.site)
            if found is None:
                found = by_site[hit.site] = []
            found.append(hit)
        for site, own in by_site.items():
            self._count_site(site, own)

    def _count_site(self, site: SiteInfo, hits: list[Hit]) -> None:  # noqa: C901 -- the widest loop: calls cost
        live_from, scrap = self._live_from, NOTHING.copy()
        day = counts = None
        hour, start, end = scrap, 0, 0
        minute, minute_end = scrap, 0
        for hit in hits:
            at, visit, engaged = hit.at, hit.visit, hit.engaged
            if hit.day is not day:
                day = hit.day
                counts, end, minute_end = self.day(site, day), 0, 0
            if not start <= at < end:
                start = day.hour_of(at)
                end, hour = start + HOUR_MS, counts.hour(start)
            if at >= minute_end:
                minute, minute_end = self.minute(site, at), max(live_from, (at // 60_000 + 1) * 60_000)
            page = scrap if hit.address is None else self._page(hit, counts)
            if visit is None:
                rows = (hour, minute, page)
            else:
                if visit.hour != start:
                    _enter_hour(visit, hit.person, start, counts, hour)  # type: ignore[arg-type]
                if at >= live_from and at // 60_000 > hit.person.last_minute:  # type: ignore[union-attr]
                    self._here(hit, minute)
                own = visit.rows if visit.grouped is counts else counts.groups(visit)
                rows = (hour, minute, page, *own)
            if hit.name == "pageview":
                for row in rows:
                    row[EVENTS] += 1
                    row[PAGEVIEWS] += 1
            else:
                for row in rows:
                    row[EVENTS] += 1
            if engaged:
                for row in rows:
                    row[ENGAGED] += engaged
            self._of_event(hit, counts)
            if hit.flags & _CONVERSION:
                self._convert(hit, hour, minute, counts)
            if hit.goals or hit.revenue or not hit.is_bare:
                _reach(hit, counts)

    @staticmethod
    def _page(hit: Hit, counts: DayCounts) -> Row:
        address, visit = hit.address, hit.visit
        row = counts.pages.get(address.path)  # type: ignore[union-attr]
        if row is None:
            row = counts.pages[address.path] = NOTHING.copy()  # type: ignore[union-attr]
        if visit is not None and address.mark ^ hit.day.ordinal << 42 not in visit.seen:  # type: ignore[union-attr]
            _unique(hit, address.mark, row)  # type: ignore[union-attr]
        return row

    def minute(self, site: SiteInfo, at: int) -> Row:
        """The counts of a site's minute."""
        if at < self._live_from:
            return self._past
        key = (site, at // 60_000)
        row = self.minutes.get(key)
        if row is None:
            row = self.minutes[key] = NOTHING.copy()
        return row

    def _here(self, hit: Hit, row: Row) -> None:
        """Move a person to the minute they were seen in last."""
        person, minute = hit.person, hit.at // 60_000
        row[VISITORS] += 1
        key, seen = (hit.site, minute), self.last_seen
        seen[key] = seen.get(key, 0) + 1
        if person.last_minute * 60_000 >= self._live_from:  # type: ignore[union-attr]
            old = (hit.site, person.last_minute)  # type: ignore[union-attr]
            seen[old] = seen.get(old, 0) - 1
        person.last_minute = minute  # type: ignore[union-attr]

    @staticmethod
    def _of_event(hit: Hit, counts: DayCounts) -> None:
        name, counted = hit.name, hit.visit is not None
        row = counts.events.get(name)
        if row is None:
            row = counts.events[name] = NOTHING.copy()
        row[EVENTS] += 1
        if counted:
            _unique(hit, mark_of("event", name), row)
        if hit.is_bare:
            return
        if hit.props is not None and name not in BUILT_IN:
            for key, value in list(hit.props.items())[:MOST_PROPERTIES]:
                text = property_text(name, key, value)
                row = counts.at(_PROPERTY, text)
                row[EVENTS] += 1
                if counted:
                    _unique(hit, mark_of("property", text), row)
        if hit.vitals is not None:
            for key, dimension, edges in _VITALS:
                value = hit.vitals.get(key)
                if isinstance(value, (int, float)):
                    counts.at(dimension, bucket_of(edges, value))[EVENTS] += 1

    @staticmethod
    def _convert(hit: Hit, hour: Row, live: Row, counts: DayCounts) -> None:
        visit, order = hit.visit, hit.name == "purchase"
        own = hit.revenue if hit.currency == hit.site.currency else 0
        rows = [hour, live, counts.events[hit.name]]
        if hit.address is not None:
            page = counts.at(_CONVERSION_PAGE, hit.address.path)
            page[EVENTS] += 1
            if visit is not None:
                _unique(hit, mark_of("conversion", hit.address.path), page)
            rows.append(page)
        if visit is not None:
            rows += counts.groups(visit)
            visit.conversions += 1
            visit.orders += order
            visit.revenue = max(-MOST_REVENUE, min(visit.revenue + own, MOST_REVENUE))
        for row in rows:
            row[CONVERSIONS] += 1
            row[ORDERS] += order
            row[REVENUE] += own
        if hit.revenue:
            money = counts.at(_CURRENCY, hit.currency)
            money[CONVERSIONS] += 1
            money[ORDERS] += order
            money[REVENUE] += hit.revenue

    def settle(self, visits: Iterable[Visit], site_of: Any) -> None:
        """Tell how the visits as wholes have changed."""
        visits = list(visits)
        Reports(self.day, self.minute, site_of).tell(visits)
        for visit in visits:
            visit.grouped = visit.rows = None


def _reach(hit: Hit, counts: DayCounts) -> None:
    """Goals: every time, and each visit and visitor once a day; then what is traded."""
    for goal in hit.goals:
        row = counts.at(_GOAL, str(goal.id))
        row[EVENTS] += 1
        if hit.flags & _CONVERSION and hit.currency == hit.site.currency:
            row[REVENUE] += hit.revenue
        if hit.visit is not None:
            _unique(hit, goal.mark, row)
    if hit.name in STAGES:
        _of_trade(hit, STAGES[hit.name], counts)


def _of_trade(hit: Hit, dimension: int, counts: DayCounts) -> None:
    """Pieces (as events), orders, value, visits and visitors by product; and what was paid back."""
    bought, counts_money = hit.name == "purchase", hit.currency in ("", hit.site.currency)
    if hit.name == "refund" and hit.revenue and hit.currency == hit.site.currency:
        refunds = counts.at(_REFUND, "")
        refunds[EVENTS] += 1
        refunds[REVENUE] += abs(hit.revenue)
    for product, (pieces, value) in lines_of(hit.items or ()).items():
        row = counts.at(dimension, product)
        row[EVENTS] += pieces
        row[ORDERS] += bought
        if counts_money:
            row[REVENUE] += value
        if hit.visit is not None:
            _unique(hit, mark_of(f"product {dimension}", product), row)


def _unique(hit: Hit, mark: int, row: Row) -> None:
    """Count the visitor and the visit for a value, once on each day."""
    visit = hit.visit
    seen = visit.seen  # type: ignore[union-attr]
    mark ^= hit.day.ordinal << 42
    if mark in seen:
        return
    seen.add(mark)
    row[SESSIONS] += 1
    visits = hit.person.visits  # type: ignore[union-attr]
    if len(visits) == 1 or not any(mark in other.seen for other in visits if other is not visit):
        row[VISITORS] += 1


def _enter_hour(visit: Visit, person: Person, start: int, counts: DayCounts, hour: Row) -> None:
    visit.hour = start
    mark = hour_mark(start)
    if mark in visit.seen:
        return
    visit.seen.add(mark)
    others = [other for other in person.visits if other is not visit] if len(person.visits) > 1 else ()
    if not any(mark in other.seen for other in others):
        hour[VISITORS] += 1
    today = day_mark(counts.day.ordinal)
    if today not in visit.seen:
        visit.seen.add(today)
        _enter_day(visit, [other for other in others if today in other.seen], counts)


def _enter_day(visit: Visit, others: list[Visit], counts: DayCounts) -> None:
    """Count the visitor of a day by origin, place and equipment: by each value once, whatever visits they make."""
    if not others:
        counts.at(TOTAL, "")[VISITORS] += 1
        for row in counts.groups(visit):
            row[VISITORS] += 1
        return
    for name, dimensions in zip(("acquisition", "place", "tech"), GROUPS, strict=True):
        own, theirs = getattr(visit, name), [getattr(other, name) for other in others]
        if own in theirs:
            continue
        for index, dimension in enumerate(dimensions):
            if not any(other[index] == own[index] for other in theirs):
                counts.at(dimension, own[index])[VISITORS] += 1


def property_text(event: str, name: str, value: Any) -> str:
    """How an event's property stands in the breakdown by properties."""
    return without_controls(f"{event}: {name} = {text_of(value) or ''}")[:LONGEST_VALUE]
