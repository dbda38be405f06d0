"""Traffic under filters from the copies in columns, and from PostgreSQL's visits where no copy holds them.

Both are asked for sums that add up (milliseconds, not seconds cut off), of stretches that meet at midnights; what is
divided, sorted and cut is so only after they were added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from apps.analytics.columns.contracts import VITALS, ColumnCursor
from apps.analytics.columns.spans import Plan
from apps.analytics.enums import Dimension
from apps.analytics.histograms import HISTOGRAMS
from apps.analytics.selectors import visits
from apps.analytics.selectors.column_sql import NARROW, OF_EVENTS, Tables, of_gaps
from apps.analytics.selectors.column_sums import FEW, SECONDS, by_day, by_few
from apps.analytics.selectors.measures import Asked, counted_in, plain
from apps.metrics.calendar_math import midnight
from apps.metrics.contracts import Grain, Number, Query, Row

_UNIT_US = {Grain.MINUTE: 60_000_000, Grain.HOUR: 3_600_000_000}


class ColumnFigures:
    """A FigureStore over one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def totals(self, query: Query, asked: Asked, cursor: Any) -> dict[str, Number]:
        """Sums over the window."""
        tables, raw = Tables(query, self._plan), _raw(asked)
        found: Counter[str] = Counter()
        for gap in of_gaps(query, self._plan):
            found.update(visits.totals(gap, raw, cursor))
        if raw.columns:
            for _, row in by_day(tables):
                found.update({name: row[name] for name in raw.columns})
        if asked.histograms:
            with self._plan.store.reading(SECONDS, self._plan.copies) as copies:
                for dimension in asked.histograms:
                    found.update(_histogram(tables, dimension, copies))
        return _finished(asked, found) | {
            name: number for name, number in found.items() if name not in raw.columns
        } | dict.fromkeys(asked.now, 0)

    def series(self, query: Query, asked: Asked, cursor: Any) -> dict[datetime, dict[str, Number]]:
        """Sums by the bucket a visit began in."""
        tables, raw = Tables(query, self._plan), _raw(asked)
        found: dict[datetime, Counter[str]] = {}
        for gap in of_gaps(query, self._plan):
            for bucket, row in visits.buckets(gap, raw, cursor):
                found.setdefault(bucket.astimezone(UTC), Counter()).update(row)
        for bucket, row in _buckets(tables, raw):
            found.setdefault(bucket.astimezone(UTC), Counter()).update(row)
        start = query.window.start.astimezone(UTC)
        return {max(bucket, start): _finished(asked, row) for bucket, row in found.items()}

    def breakdown(
        self, query: Query, asked: Asked, by: str, order: str, limit: int, offset: int, cursor: Any
    ) -> Sequence[Row]:
        """Rows by one dimension of the visits, or of what happened in them; the largest first."""
        if by in FEW and asked.columns == ("visitors",):
            return self._by_few(query, asked, by, limit, offset, cursor)
        tables, raw = self._tables(query, asked, by, cursor), _raw(asked)
        rest = [
            [row.value, *(str(row.measures[name]) for name in raw.columns)]
            for gap in of_gaps(query, self._plan)
            for row in visits.breakdown(gap, raw, by, raw.columns[0], None, 0, cursor)
        ]
        sums, params = _grouped(tables, raw, by)
        place = asked.columns.index(order)
        ranked = tables.words.whole(f"sum(c{place})", 1000) if order == "engaged_s" else f"sum(c{place})"
        columns = ", ".join(f"sum(c{index})" for index in range(len(raw.columns)))
        kinds = ", ".join(f"r[{index + 2}]::{_kind(name, tables)}" for index, name in enumerate(raw.columns))
        with self._plan.store.reading(SECONDS, self._plan.copies) as copies:
            copies.execute(
                f"SELECT value, {columns} FROM ({sums} UNION ALL SELECT r[1], {kinds}"
                f" FROM {tables.words.given()}) GROUP BY value"
                f" ORDER BY {ranked} DESC, value LIMIT {int(limit)} OFFSET {int(offset)}",
                [*params, orjson.dumps(rest).decode()],
            )
            rows = copies.fetchall()
        return [
            Row(value, _finished(asked, dict(zip(raw.columns, map(plain, raw.columns, values), strict=True))))
            for value, *values in rows
        ]

    def _by_few(self, query: Query, asked: Asked, by: str, limit: int, offset: int, cursor: Any) -> Sequence[Row]:
        found = Counter(by_few(Tables(query, self._plan))[by])
        for gap in of_gaps(query, self._plan):
            for row in visits.breakdown(gap, asked, by, "visitors", None, 0, cursor):
                found[row.value] += row.measures["visitors"]  # type: ignore[assignment]
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return [Row(value, {"visitors": number}) for value, number in ranked[offset : offset + limit]]

    def _tables(self, query: Query, asked: Asked, by: str, cursor: Any) -> Tables:
        """With the currencies of the organizations, where money is told from other money."""
        if "revenue" not in asked.columns or by not in OF_EVENTS:
            return Tables(query, self._plan)
        cursor.execute(
            "SELECT id, currency FROM accounts_organization WHERE id = ANY(%s)", [list(query.organization_ids)]
        )
        return Tables(query, self._plan, dict(cursor.fetchall()))


def _raw(asked: Asked) -> Asked:
    """The same question in sums that add up."""
    return replace(asked, columns=tuple("engaged_ms" if name == "engaged_s" else name for name in asked.columns))


def _finished(asked: Asked, sums: Any) -> dict[str, Number]:
    """The measures as they were asked for."""
    return {
        name: sums["engaged_ms"] // 1000 if name == "engaged_s" else sums[name] or plain(name, 0)
        for name in asked.columns
    }


def _kind(name: str, tables: Tables) -> str:
    return "DECIMAL(38,4)" if name == "revenue" else tables.words.wide


def _grouped(tables: Tables, raw: Asked, by: str) -> tuple[str, list[Any]]:
    """The select of value and sums, and its parameters."""
    if by not in OF_EVENTS:
        sql, params = tables.sums_by(tables.value(by), raw.columns)
        return f"SELECT {tables.named(by, 'k')} AS value, * {tables.words.leaving_out} (k) FROM ({sql})", params
    if by in NARROW:
        return tables.narrow_sums(raw.columns, by)
    where, params = tables.chosen()
    named = " AND e.path <> ''" if OF_EVENTS[by] == "e.path" else ""
    return (
        f"SELECT coalesce({OF_EVENTS[by]}, '') AS value, {tables.event_sums(raw.columns)}"
        f" FROM {tables.of_events(by)} JOIN {tables.visits} ON s.visit = e.visit WHERE {where}{named}"
        " GROUP BY 1", params,
    )


def _buckets(tables: Tables, raw: Asked) -> Iterator[tuple[datetime, dict[str, Number]]]:
    """Sums by bucket: hours and minutes as instants, longer ones by the days they are made of."""
    grain, zone = tables.query.window.grain, tables.query.window.zone
    unit = _UNIT_US.get(grain)
    if unit is None:
        for day, row in by_day(tables):
            yield midnight(_beginning(day, grain), zone), {name: row[name] for name in raw.columns}
        return
    bucket = f"{tables.words.whole(tables.local, unit)} * {unit} - {tables.offset}"
    sql, params = tables.sums_by(bucket, raw.columns)
    with tables.plan.store.reading(SECONDS, tables.plan.copies) as copies:
        copies.execute(sql, params)
        rows = copies.fetchall()
    for number, *values in rows:
        row = dict(zip(raw.columns, map(plain, raw.columns, values), strict=False))
        yield datetime.fromtimestamp(number // 1_000_000, UTC), row


def _beginning(day: date, grain: Grain) -> date:
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain is Grain.MONTH else day


def _histogram(tables: Tables, dimension: Dimension, copies: ColumnCursor) -> dict[str, int]:
    where, params = tables.chosen()
    name = dimension.key.removeprefix("vital_")
    if counted_in(dimension) == "sessions":
        value, source = "s.seconds", tables.visits
    else:
        value = f"e.{VITALS[VITALS.index(name)]}"
        source = f"{tables.events} JOIN {tables.visits} ON s.visit = e.visit AND {value} IS NOT NULL"
    edges = HISTOGRAMS[dimension][1:-1]
    bucket = " ".join(f"WHEN {value} < {edge}::DOUBLE THEN {index}" for index, edge in enumerate(edges))
    copies.execute(
        f"SELECT CASE {bucket} ELSE {len(edges)} END AS bucket, count(*) FROM {source} WHERE {where} GROUP BY 1", params
    )
    return {f"{dimension.key}_{bucket}": number for bucket, number in copies.fetchall()}
