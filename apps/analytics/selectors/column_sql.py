"""Questions to the copies in columns: the same conditions and sums as `visits` has for PostgreSQL, in words that DuckDB
and ClickHouse share; where they do not, in those of the store (`apps.analytics.columns.words`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from apps.analytics.columns.contracts import EVENTS, NAMES, PAGES, VISITS, Words
from apps.analytics.columns.spans import Plan
from apps.analytics.enums import OF_SESSIONS, Dimension
from apps.analytics.selectors.column_filters import of_company, reached
from apps.analytics.selectors.company_filter import COMPANY
from apps.analytics.selectors.measures import WEEK_HOUR
from apps.analytics.selectors.rule_sql import holds
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Operator, Query

OF_VISITS = {dimension.key: f"s.{dimension.key}" for dimension in OF_SESSIONS} | {
    "entry_page": "s.entry_page", "exit_page": "s.exit_page", BY_SUBJECT: "s.site_id::text",
    BY_ORGANIZATION: "s.organization_id::text",
}
OF_EVENTS = {
    "page": "e.path", "conversion_page": "e.path", "event": "e.name",
    "property": "e.name || ': ' || replace(e.property, '\x1f', ' = ')",
}
# What has a table of its own, a row a visit and value.
NARROW = {"page": PAGES, "event": NAMES}
_VISIT_SUMS = {
    "sessions": "count(*)", "pageviews": "sum(s.pageviews)", "events": "sum(s.events)",
    "bounces": "count(*) FILTER (WHERE s.is_bounce)", "engaged_ms": "sum(s.engaged_ms)",
    "duration_s": "sum(s.seconds)", "conversions": "sum(s.conversions)", "orders": "sum(s.orders)",
    "revenue": "sum(s.revenue)",
}
_EVENT_SUMS = {
    "pageviews": "count(*) FILTER (WHERE e.name = 'pageview')", "events": "count(*)", "bounces": "0",
    "engaged_ms": "sum(e.engaged_ms)", "duration_s": "0", "conversions": "count(*) FILTER (WHERE e.converts)",
    "orders": "count(*) FILTER (WHERE e.is_order)",
}
DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the rows (a condition), and how visitors are counted among them: of visits, and of rows of which only a
    visit's first of a value counts."""

    rows: str
    visitors: str
    firsts: str


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one plan, and what is needed to say when something was: `offset` is the clock's difference to UTC
    in microseconds, as an expression over `s.started_at`."""

    query: Query
    plan: Plan
    currencies: dict[int, str] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        """The store's dialect."""
        return self.plan.store.words

    @property
    def visits(self) -> str:
        """The visits, as `s`."""
        return self.rows(VISITS)

    @property
    def events(self) -> str:
        """The events, as `e`."""
        return f"{self.plan.store.table(self.plan.copies, EVENTS)} e"

    def rows(self, name: str) -> str:
        """Rows of visits that began in the plan's stretches, as `s`; only copies that hold more are looked through."""
        return f"({self._parts(name, self._within)}) s"

    def events_chosen(self, *, with_visits: bool = False) -> tuple[str, list[Any]]:
        """The events of the chosen visits, as `e`, up to a condition that may go on, with the parameters. Visits are
        joined, as `s`, only where they are asked for or filtered by: those of a year take much memory."""
        if self.query.filters or with_visits:
            where, params = self.chosen()
            return f"{self.events} JOIN {self.visits} ON s.visit = e.visit WHERE {where}", params
        partly = self.plan.store.table(self.plan.partly, VISITS) if self.plan.partly else ""
        within = f"visit IN (SELECT visit FROM {partly} WHERE {self._within})"
        return f"({self._parts(EVENTS, within)}) e WHERE true", []

    @property
    def _within(self) -> str:
        at = self.words.at
        return " OR ".join(f"started_at >= {at(a)} AND started_at < {at(b)}" for a, b in self.plan.stretches)

    def _parts(self, name: str, within: str) -> str:
        """The rows of whole copies, and those of the others that lie within."""
        table = self.plan.store.table
        parts = [f"SELECT * FROM {table(self.plan.whole, name)}"] if self.plan.whole else []
        if self.plan.partly:
            parts.append(f"SELECT * FROM {table(self.plan.partly, name)} WHERE {within}")
        return " UNION ALL ".join(parts)

    @property
    def local(self) -> str:
        """Microseconds on the organization's clock at which a visit began."""
        return f"({self.words.micros('s.started_at')} + {self.offset})"

    @property
    def offset(self) -> str:
        """The clock's difference to UTC in microseconds."""
        known, changes = _offsets(self.query.window.zone, self.plan.stretches[0][0], self.plan.stretches[-1][1])
        whens = " ".join(f"WHEN s.started_at < {self.words.at(at)} THEN {us}" for at, us in changes)
        return f"CASE {whens} ELSE {known} END" if whens else str(known)

    @property
    def visitor_day(self) -> str:
        """A visitor on a day, as one number."""
        return self.words.pair("s.visitor", self.words.whole(self.local, DAY_US))

    def sums_by(self, key: str, names: Sequence[str]) -> tuple[str, list[Any]]:
        """The sums of the chosen visits by an expression, with the parameters; what has a value twice adds up."""
        return self._in_parts(names, lambda part: (
            f"SELECT {key} AS k, {_coalesced([({**_VISIT_SUMS, 'visitors': part.visitors})[name] for name in names])}"
            f" FROM {self.visits}", "", "1",
        ))

    def visitors_by(self, words: Sequence[str]) -> tuple[str, list[Any]]:
        """Visitors of the chosen visits by each of some words on its own: the words, which of them are not looked at
        (a bit each), and how many, which add up."""
        columns = ", ".join(OF_VISITS[word] for word in words)
        sets = ", ".join(f"({OF_VISITS[word]})" for word in words)
        return self._in_parts(("visitors",), lambda part: (
            f"SELECT {columns}, grouping({columns}) AS apart, {part.visitors} AS c0 FROM {self.visits}", "",
            f"GROUPING SETS ({sets})",
        ))

    def narrow_sums(self, names: Sequence[str], by: str) -> tuple[str, list[Any]]:
        """The sums of what has a table of its own by its values, with the parameters; they add up."""
        named = " AND s.value <> ''" if by == "page" else ""
        return self._in_parts(names, lambda part: (
            f"SELECT s.value, {_coalesced([self._narrow_sum(name, part) for name in names])}"
            f" FROM {self.rows(NARROW[by])}", named, "1",
        ))

    def _in_parts(self, names: Sequence[str], ask: Callable[[Part], tuple[str, str, str]]) -> tuple[str, list[Any]]:
        """A question in one part, or in two where visitors are counted and those who are alone on a day are known: they
        need not be told apart, and telling apart is most of what counting visitors costs."""
        day, (where, params) = self.visitor_day, self.chosen()
        parts = [Part("", f"count(DISTINCT {day})", f"count(DISTINCT CASE WHEN s.first THEN {day} END)")]
        if "visitors" in names and self.plan.settled:
            parts = [replace(parts[0], rows=" AND NOT s.alone"), Part(" AND s.alone", "count(*)", "count(*)")]
        found = []
        for part in parts:
            select, more, groups = ask(part)
            found.append(f"{select} WHERE {where}{part.rows}{more} GROUP BY {groups}")
        return " UNION ALL ".join(found), params * len(parts)

    def event_sums(self, names: Sequence[str]) -> str:
        """The sums of events of one dimension that has no table of its own, one a measure."""
        return _coalesced([self._event_sum(name) for name in names])

    def _event_sum(self, name: str) -> str:
        if name == "visitors":
            return f"count(DISTINCT {self.visitor_day})"
        if name == "sessions":
            return "count(DISTINCT e.visit)"
        if name == "revenue":
            return f"sum(e.revenue) FILTER (WHERE e.converts AND e.currency = {self._currency})"
        return _EVENT_SUMS[name]

    def _narrow_sum(self, name: str, part: Part) -> str:
        if name == "visitors":
            return part.firsts
        if name == "sessions":
            return "count(*) FILTER (WHERE s.first)"
        if name == "revenue":
            return f"sum(s.n_revenue) FILTER (WHERE s.currency = {self._currency})"
        return "0" if _EVENT_SUMS[name] == "0" else f"sum(s.n_{name})"

    @property
    def _currency(self) -> str:
        """The currency that the organization of a visit counts in."""
        own = " ".join(f"WHEN {org} THEN '{code}'" for org, code in self.currencies.items() if code.isalpha())
        return f"CASE s.organization_id {own} END" if own else "NULL"

    def value(self, by: str) -> str:
        """A visit's value of a dimension, or the number that stands for it (`named`)."""
        if by == WEEK_HOUR:
            day, hour = (self.words.whole(self.local, unit) for unit in (DAY_US, _HOUR_US))
            return f"(({day} + 3) % 7 + 1) * 24 + ({hour}) % 24"
        return OF_VISITS[by]

    def named(self, by: str, key: str) -> str:
        """The text of what `value` gave, which is made for each group and not for each visit."""
        if by == WEEK_HOUR:
            return f"({self.words.whole(key, 24)})::text || '-' || lpad(({key} % 24)::text, 2, '0')"
        return key

    def chosen(self) -> tuple[str, list[Any]]:
        """The condition that picks the rows of visits which meet all filters."""
        parts, params = ["true"], []
        for item in self.query.filters:
            sql, values = self._condition(item)
            parts.append(f"NOT ({sql})" if item.operator is Operator.IS_NOT else sql)
            params += values
        return " AND ".join(parts), params

    def _condition(self, item: Filter) -> tuple[str, list[Any]]:
        if item.dimension in OF_VISITS:
            return self._matches(OF_VISITS[item.dimension], item)
        if item.dimension == Dimension.GOAL.key:
            return reached(item, self)
        if item.dimension == COMPANY:
            return of_company(item, self)
        if item.dimension in NARROW:
            sql, values = self._matches("s.value", item)
            return f"s.visit IN (SELECT s.visit FROM {self.rows(NARROW[item.dimension])} WHERE {sql})", values
        sql, values = self._matches(OF_EVENTS[item.dimension], item)
        return f"s.visit IN (SELECT e.visit FROM {self.of_events(item.dimension)} WHERE {sql})", values

    def of_events(self, by: str) -> str:
        """The events that can have a value of a dimension, as `e`."""
        if by == "property":
            others, each = f"e.* {self.words.leaving_out} (properties)", self.words.each("e.properties")
            return f"(SELECT {others}, {each} AS property FROM {self.events}) e"
        return f"(SELECT e.* FROM {self.events} WHERE e.converts) e" if by == "conversion_page" else self.events

    def _matches(self, expression: str, item: Filter) -> tuple[str, list[Any]]:
        return holds(expression, item.operator is Operator.CONTAINS, item.values, self.words)


def of_gaps(query: Query, plan: Plan) -> Iterator[Query]:
    """The question for PostgreSQL, of each stretch that no copy holds."""
    for gap in plan.gaps:
        yield replace(query, subjects=gap.sites, window=gap.window)


def _coalesced(sums: Sequence[str]) -> str:
    return ", ".join(f"coalesce({one}, 0) AS c{index}" for index, one in enumerate(sums)) or "0 AS c0"


@lru_cache(maxsize=256)
def _offsets(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[int, tuple[tuple[datetime, int], ...]]:
    """The clock's difference to UTC at the end, and until when there were which others."""
    known, changes, moment = _difference(zone, start), [], start
    while moment < end:
        following = min(moment + timedelta(days=1), end)
        if (later := _difference(zone, following)) != known:
            changes.append((_change(zone, moment, following), known))
            known = later
        moment = following
    return known, tuple(changes)


def _change(zone: Any, before: datetime, after: datetime) -> datetime:
    """The first second of the new difference, looked for by halves."""
    old = _difference(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if _difference(zone, middle) == old else (before, middle)
    return after.astimezone(UTC)


def _difference(zone: Any, moment: datetime) -> int:
    return moment.astimezone(zone).utcoffset() // timedelta(microseconds=1)  # type: ignore[operator]
