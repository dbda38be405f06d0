"""Traffic without filters, from the rollups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.selectors.cover import cover, part_of_last_hour
from apps.analytics.selectors.measures import (
    ACTIVE,
    ACTIVE_MINUTES,
    COLUMNS,
    EVENTS_NOW,
    WEEK_HOUR,
    Asked,
    counted_in,
    plain,
)
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Grain, Number, Query, Row, Window

_ALL = "''"  # everything in one row
_GROUPS = {BY_ORGANIZATION: "organization_id", BY_SUBJECT: "site_id"}
_SERIES_GRAINS = {Grain.MINUTE: StoreGrain.MINUTE, Grain.HOUR: StoreGrain.HOUR}


def totals(query: Query, asked: Asked, cursor: Any) -> dict[str, Number]:
    """Sums over the window."""
    rows = _sums(query, asked.columns, cursor, "")
    found: dict[str, Number] = dict(rows.get("", {}))
    for dimension in asked.histograms:
        found |= _histogram(query, dimension, cursor)
    return found | _now(query, asked.now, cursor)


def series(query: Query, asked: Asked, cursor: Any) -> dict[datetime, dict[str, Number]]:
    """Sums by the finest bucket that the grain needs: minutes, hours, else days, which add up to weeks and months."""
    grain = _SERIES_GRAINS.get(query.window.grain, StoreGrain.DAY)
    found: defaultdict[datetime, dict[str, Number]] = defaultdict(dict)
    columns = (*asked.columns, *_minute_columns(asked.now))
    if columns:
        window = (query.window.start, query.window.end)
        where, params = _where(query, Dimension.TOTAL)
        cursor.execute(
            f"SELECT bucket, {_sum(columns)} FROM analytics_rollup"
            f" WHERE {where} AND grain = %s AND bucket >= %s AND bucket < %s GROUP BY bucket",
            [*params, int(grain), *window],
        )
        for bucket, *values in cursor.fetchall():
            row = dict(zip(columns, map(plain, columns, values), strict=True))
            found[bucket] |= {name: row[name] for name in asked.columns} | _named_now(asked.now, row)
    for dimension in asked.histograms:
        for bucket, name, number in _histogram_series(query, dimension, cursor):
            found[bucket][name] = number
    return found


def breakdown(
    query: Query, asked: Asked, by: str, order: str, limit: int, offset: int, cursor: Any
) -> Sequence[Row]:
    """Rows by a dimension, by site or by organization; the largest first."""
    columns = tuple(dict.fromkeys((*asked.columns, order))) if order in COLUMNS else asked.columns
    if by in _GROUPS:
        found = _sums(query, columns, cursor, f"{_GROUPS[by]}::text")
        for value, more in _now_by(query, asked.now, _GROUPS[by], cursor).items():
            found.setdefault(value, dict.fromkeys(columns, 0)).update(more)
        ranked = sorted(found.items(), key=lambda item: (-float(item[1].get(order, 0)), item[0]))
        return [Row(value, measures) for value, measures in ranked[offset : offset + limit]]
    if by == WEEK_HOUR:
        return _by_week_hour(query, columns, order, limit, cursor)
    where, params = _where(query, Dimension[by.upper()])
    part = cover(query, cursor)
    cursor.execute(
        f"SELECT value, {_sum(columns)} FROM analytics_rollup WHERE {where} AND {part.whole}"
        f" GROUP BY value HAVING sum(events) + sum(sessions) + sum(visitors) > 0"
        f" ORDER BY {_total(order)} DESC, value LIMIT %s OFFSET %s",
        [*params, *part.params, limit, offset],
    )
    return [
        Row(value, dict(zip(columns, map(plain, columns, values), strict=True)))
        for value, *values in cursor.fetchall()
    ]


def _by_week_hour(query: Query, columns: tuple[str, ...], order: str, limit: int, cursor: Any) -> Sequence[Row]:
    where, params = _where(query, Dimension.TOTAL)
    cursor.execute(
        f"SELECT to_char(bucket AT TIME ZONE %s, 'ID-HH24') AS hour, {_sum(columns)} FROM analytics_rollup"
        f" WHERE {where} AND grain = %s AND bucket >= %s AND bucket < %s"
        f" GROUP BY hour ORDER BY {_total(order)} DESC, hour LIMIT %s",
        [
            query.window.zone.key, *params, int(StoreGrain.HOUR), query.window.start, query.window.end, limit,
        ],
    )
    return [
        Row(value, dict(zip(columns, map(plain, columns, values), strict=True)))
        for value, *values in cursor.fetchall()
    ]


def _where(query: Query, dimension: Dimension) -> tuple[str, list[Any]]:
    sites = " AND site_id = ANY(%s)" if query.subjects else ""
    params: list[Any] = [list(query.organization_ids), *([list(query.subjects)] if sites else []), int(dimension)]
    return f"organization_id = ANY(%s){sites} AND dim = %s", params


def _sum(columns: Sequence[str]) -> str:
    return ", ".join(_total(column) for column in columns) or "0"


def _total(column: str) -> str:
    return "sum(engaged_ms) / 1000" if column == "engaged_s" else f"sum({column})"


def _sums(query: Query, columns: tuple[str, ...], cursor: Any, group: str) -> dict[str, Any]:
    if not columns:
        return {}
    if query.window.grain is Grain.MINUTE:
        return _grouped(query, columns, cursor, group, "grain = %s AND bucket >= %s AND bucket < %s", (
            int(StoreGrain.MINUTE), query.window.start, query.window.end,
        ))
    part = cover(query, cursor)
    found = _grouped(query, columns, cursor, group, part.whole, part.params)
    if part.cut is not None:
        for value, row in _of_cut_day(query, columns, part.cut, group, cursor).items():
            known = found.setdefault(value, dict.fromkeys(columns, 0))
            for column in columns:
                known[column] += row[column]
    return found


def _grouped(
    query: Query, columns: Sequence[str], cursor: Any, group: str, rows: str, more: Sequence[Any]
) -> dict[str, dict[str, Any]]:
    where, params = _where(query, Dimension.TOTAL)
    by = f" GROUP BY {group}" if group else ""
    cursor.execute(
        f"SELECT {group or _ALL}, {_sum(columns)} FROM analytics_rollup WHERE {where} AND {rows}{by}", [*params, *more]
    )
    return {
        value: dict(zip(columns, map(plain, columns, values), strict=True)) for value, *values in cursor.fetchall()
    }


def _of_cut_day(query: Query, columns: tuple[str, ...], day: Window, group: str, cursor: Any) -> dict[str, Any]:
    """From midnight to the end of the window: hours, the last one by its part. Visitors are counted from their
    visits, because those of hours do not add up."""
    last, share = part_of_last_hour(day)
    hour = int(StoreGrain.HOUR)
    condition = "grain = %s AND bucket >= %s AND bucket < %s"
    found = _grouped(query, columns, cursor, group, condition, (hour, day.start, last))
    open_hour = (hour, last, last + timedelta(hours=1))
    for value, row in _grouped(query, columns, cursor, group, condition, open_hour).items():
        known = found.setdefault(value, dict.fromkeys(columns, 0))
        for column in columns:
            known[column] += row[column] * share if column == "revenue" else round(row[column] * share)
    if "visitors" in columns:
        for row in found.values():
            row["visitors"] = 0
        for value, number in _visitors(query, day, group, cursor).items():
            found.setdefault(value, dict.fromkeys(columns, 0))["visitors"] = number
    return found


def _visitors(query: Query, day: Window, group: str, cursor: Any) -> dict[str, int]:
    sites = " AND site_id = ANY(%s)" if query.subjects else ""
    params = [list(query.organization_ids), *([list(query.subjects)] if sites else [])]
    by = f" GROUP BY {group}" if group else ""
    cursor.execute(
        f"SELECT {group or _ALL}, count(DISTINCT (site_id, visitor)) FROM analytics_session"
        f" WHERE organization_id = ANY(%s){sites} AND started_at >= %s AND started_at < %s AND last_at >= %s{by}",
        [*params, day.start - timedelta(hours=12), day.end, day.start],
    )
    return dict(cursor.fetchall())


def _histogram(query: Query, dimension: Dimension, cursor: Any) -> dict[str, Number]:
    where, params = _where(query, dimension)
    part = cover(query, cursor)
    cursor.execute(
        f"SELECT value, sum({counted_in(dimension)}) FROM analytics_rollup WHERE {where} AND {part.whole}"
        " GROUP BY value",
        [*params, *part.params],
    )
    return {f"{dimension.key}_{value}": int(number) for value, number in cursor.fetchall()}


def _histogram_series(query: Query, dimension: Dimension, cursor: Any) -> list[tuple[datetime, str, int]]:
    """Histograms are kept by the day; a series by the hour has none."""
    if query.window.grain in _SERIES_GRAINS:
        return []
    where, params = _where(query, dimension)
    cursor.execute(
        f"SELECT bucket, value, sum({counted_in(dimension)}) FROM analytics_rollup"
        f" WHERE {where} AND grain = %s AND bucket >= %s AND bucket < %s GROUP BY bucket, value",
        [*params, int(StoreGrain.DAY), query.window.start, query.window.end],
    )
    return [(bucket, f"{dimension.key}_{value}", int(number)) for bucket, value, number in cursor.fetchall()]


def _now(query: Query, names: Sequence[str], cursor: Any) -> dict[str, Number]:
    found: dict[str, Number] = dict.fromkeys(names, 0)
    for name, number in _now_by(query, names, _ALL, cursor).get("", {}).items():
        found[name] = number
    return found


def _now_by(query: Query, names: Sequence[str], group: str, cursor: Any) -> dict[str, dict[str, Number]]:
    """Who was seen in the last five minutes; events of the last sixty seconds, the minute before by its part."""
    now = timezone.now()
    if not names or not query.window.start <= now < query.window.end:
        return {}
    minute = now.replace(second=0, microsecond=0)
    by = "" if group == _ALL else f" GROUP BY {group}"
    found: defaultdict[str, dict[str, Number]] = defaultdict(dict)
    for name, dimension, column, since in (
        (ACTIVE, Dimension.LAST_SEEN, "visitors", minute - timedelta(minutes=ACTIVE_MINUTES - 1)),
        (EVENTS_NOW, Dimension.TOTAL, "events", minute - timedelta(minutes=1)),
    ):
        if name not in names:
            continue
        where, params = _where(query, dimension)
        before = 1 - now.second / 60
        weights = [minute, before] if name == EVENTS_NOW else []
        weighted = f"sum({column} * CASE WHEN bucket < %s THEN %s ELSE 1 END)" if weights else f"sum({column})"
        cursor.execute(
            f"SELECT {group}::text, {weighted} FROM analytics_rollup WHERE {where} AND grain = %s AND bucket >= %s"
            f"{by}",
            [*weights, *params, int(StoreGrain.MINUTE), since],
        )
        for value, number in cursor.fetchall():
            found[value][name] = round(number or 0)
    return found


def _minute_columns(names: Sequence[str]) -> tuple[str, ...]:
    """What the figures of this moment are called in a series: those of each bucket."""
    return tuple(column for name, column in ((ACTIVE, "visitors"), (EVENTS_NOW, "events")) if name in names)


def _named_now(names: Sequence[str], row: dict[str, Number]) -> dict[str, Number]:
    return {name: row[{ACTIVE: "visitors", EVENTS_NOW: "events"}[name]] for name in names}
