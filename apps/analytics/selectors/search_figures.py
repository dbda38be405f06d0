"""Figures of searches, summed from days. The mean place is weighted by impressions, and the click-through rate is of
sums: neither is ever averaged over days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.analytics.enums import SearchDimension
from apps.metrics.calendar_math import bucket_index, bucket_starts, midnight
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Measures, Operator, Query, Row, Window

MEASURES = ("clicks", "impressions", "places")
NAMED = ("named_clicks", "named_impressions")  # of searches whose words Google tells
DIMENSIONS = {
    "search_term": SearchDimension.QUERY, "search_page": SearchDimension.PAGE,
    "search_country": SearchDimension.COUNTRY, "search_device": SearchDimension.DEVICE,
}
_SUMS = "sum(clicks)::bigint, sum(impressions)::bigint, sum(places)"
_FROM = "FROM analytics_searchfigure WHERE site_id = ANY(%s) AND dim = %s AND day >= %s AND day < %s"
SORTS = {
    "clicks": "clicks", "impressions": "impressions", "rate": "clicks / nullif(impressions, 0)::float",
    "place": "places / nullif(impressions, 0)", "value": "value",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One term, page, country or device: its figures, and those of the comparison where there is one."""

    value: str
    clicks: int
    impressions: int
    places: float
    clicks_before: int = 0
    impressions_before: int = 0
    places_before: float = 0.0

    @property
    def rate(self) -> float | None:
        """Clicks of every impression."""
        return self.clicks / self.impressions if self.impressions else None

    @property
    def place(self) -> float | None:
        """The mean place, 1 the best."""
        return self.places / self.impressions if self.impressions else None

    @property
    def place_before(self) -> float | None:
        """In the comparison."""
        return self.places_before / self.impressions_before if self.impressions_before else None


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of lines, and whether more follow."""

    rows: Sequence[Line]
    more: bool


def days_of(window: Window) -> tuple[date, date]:
    """The days of a window, the second not included. A day is the vendor's own, of the same date; one that has only
    begun counts whole, for nothing finer is known."""
    end = (window.end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(window.zone).date()
    return window.start.astimezone(window.zone).date(), end + timedelta(days=1)


def totals(query: Query, cursor: Any) -> dict[str, Any]:
    """Each measure over the window; under a filter of one dimension, of what it leaves."""
    dim, where, params = _condition(query.filters)
    found: dict[str, Any] = {}
    if set(query.measures) - set(NAMED):
        cursor.execute(f"SELECT {_SUMS} {_FROM}{where}", [*_scope(query, dim), *params])
        found |= zip(MEASURES, (value or 0 for value in cursor.fetchone()), strict=True)
    if set(query.measures) & set(NAMED):
        cursor.execute(f"SELECT {_SUMS} {_FROM}", _scope(query, SearchDimension.QUERY))
        found |= zip(NAMED, (value or 0 for value in cursor.fetchone()[:2]), strict=True)
    return {name: found[name] for name in query.measures}


def series(query: Query, cursor: Any) -> dict[datetime, dict[str, Any]]:
    """Each measure by bucket. Days go to the bucket of their first moment."""
    dim, where, params = _condition(query.filters)
    starts = bucket_starts(query.window)
    edges = [start.astimezone(UTC) for start in starts]
    found: dict[datetime, dict[str, Any]] = {}
    for names, of, more, given in (
        (MEASURES, dim, where, params), (NAMED, SearchDimension.QUERY, "", ()),
    ):
        if not set(names) & set(query.measures):
            continue
        cursor.execute(f"SELECT day, {_SUMS} {_FROM}{more} GROUP BY day", [*_scope(query, of), *given])
        for day, *numbers in cursor.fetchall():
            at = starts[bucket_index(edges, midnight(day, query.window.zone))]
            row = found.setdefault(at, dict.fromkeys(query.measures, 0))
            for name, number in zip(names, numbers, strict=False):
                if name in row:
                    row[name] += number
    return found


def breakdown(query: Query, by: str, order: str, limit: int, offset: int, cursor: Any) -> list[Row]:
    """Rows by one dimension, or by site; the largest first."""
    if by in {BY_SUBJECT, BY_ORGANIZATION}:
        return _apart(query, by, order, cursor)[offset : offset + limit]
    _dim, where, params = _condition(query.filters, DIMENSIONS[by])
    ordered = order if order in MEASURES else "clicks"
    cursor.execute(
        f"SELECT value, {_SUMS} {_FROM}{where} GROUP BY value ORDER BY sum({ordered}) DESC, value LIMIT %s OFFSET %s",
        [*_scope(query, DIMENSIONS[by]), *params, limit, offset],
    )
    return [Row(value, _only(query, numbers)) for value, *numbers in cursor.fetchall()]


def lines(
    query: Query, before: Window | None, by: str, *, sort: str, search: str, limit: int, offset: int, cursor: Any
) -> Lines:
    """A table: `sort` is one of SORTS, with "-" in front downwards; `search` a part of the value. Rows that only the
    comparison has are left out."""
    way = "DESC" if sort.startswith("-") else "ASC"
    found = f" AND value ILIKE %s ESCAPE '{_ESCAPE}'" if search else ""
    given = [f"%{_escaped(search)}%"] if search else []
    dim = DIMENSIONS[by]
    sums = "sum(clicks) AS clicks, sum(impressions) AS impressions, sum(places) AS places"
    cursor.execute(
        f"SELECT value, clicks::bigint, impressions::bigint, places FROM (SELECT value, {sums} {_FROM}{found}"
        " GROUP BY value) AS now"
        f" ORDER BY {SORTS[sort.lstrip('-')]} {way} NULLS LAST, impressions DESC, value LIMIT %s OFFSET %s",
        [*_scope(query, dim), *given, limit + 1, offset],
    )
    rows = cursor.fetchall()
    then: dict[str, tuple[Any, ...]] = {}
    if before is not None and rows:
        cursor.execute(
            f"SELECT value, {_SUMS} {_FROM} AND value = ANY(%s) GROUP BY value",
            [*_scope(query.over(before), dim), [row[0] for row in rows]],
        )
        then = {value: numbers for value, *numbers in cursor.fetchall()}  # type: ignore[misc]
    return Lines([Line(*row, *then.get(row[0], ())) for row in rows[:limit]], len(rows) > limit)


def picked(lines: Sequence[Line], *, sort: str, search: str, limit: int, offset: int) -> Lines:
    """A page of lines that are all there, sorted and searched as a table of stored ones is."""
    search = search.lower()
    found = [line for line in lines if search in line.value.lower()]
    found.sort(key=lambda line: (-line.impressions, line.value))
    name, down = sort.lstrip("-"), sort.startswith("-")
    known = [line for line in found if getattr(line, name) is not None]
    known.sort(key=lambda line: getattr(line, name), reverse=down)
    found = known + [line for line in found if getattr(line, name) is None]
    return Lines(found[offset : offset + limit], len(found) > offset + limit)


_ESCAPE = "!"


def _escaped(text: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return text


def _apart(query: Query, by: str, order: str, cursor: Any) -> list[Row]:
    column = "site_id" if by == BY_SUBJECT else "organization_id"
    found: dict[str, dict[str, Any]] = {}
    for names, dim in ((MEASURES, SearchDimension.TOTAL), (NAMED, SearchDimension.QUERY)):
        cursor.execute(f"SELECT {column}, {_SUMS} {_FROM} GROUP BY 1", _scope(query, dim))
        for key, *numbers in cursor.fetchall():
            found.setdefault(str(key), dict.fromkeys((*MEASURES, *NAMED), 0)).update(zip(names, numbers, strict=False))
    rows = [Row(key, {name: row[name] for name in query.measures}) for key, row in found.items()]
    return sorted(rows, key=lambda row: (-float(row.measures.get(order, 0)), row.value))


def _scope(query: Query, dim: SearchDimension) -> list[Any]:
    return [list(query.subjects), int(dim), *days_of(query.window)]


def _only(query: Query, numbers: Sequence[Any]) -> Measures:
    row = dict(zip(MEASURES, numbers, strict=True)) | dict.fromkeys(NAMED, 0)
    return {name: row[name] for name in query.measures}


def _condition(
    filters: Sequence[Filter], dim: SearchDimension | None = None
) -> tuple[SearchDimension, str, list[Any]]:
    """The dimension that is read and the condition on its values. Google tells no two dimensions together, so that
    filters of another one leave nothing; those that mean nothing to searches are passed over."""
    mine = [item for item in filters if item.dimension in DIMENSIONS]
    if dim is None:
        dim = DIMENSIONS[mine[0].dimension] if mine else SearchDimension.TOTAL
    where, params = "", []
    for item in mine:
        if DIMENSIONS[item.dimension] is not dim:
            return dim, " AND false", []
        if item.operator is Operator.CONTAINS:
            where, params = f"{where} AND value ILIKE %s ESCAPE '{_ESCAPE}'", [*params, f"%{_escaped(item.values[0])}%"]
        else:
            sign = "<> ALL" if item.operator is Operator.IS_NOT else "= ANY"
            where, params = f"{where} AND value {sign}(%s)", [*params, list(item.values)]
    return dim, where, params
