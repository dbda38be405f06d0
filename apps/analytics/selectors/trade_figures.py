"""What was sold, of which product: from the rollups, or under filters from the events of the visits that meet them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.analytics.enums import Dimension, EventFlag, StoreGrain
from apps.analytics.models import Rollup, Site
from apps.analytics.pipeline.products import STAGES
from apps.analytics.pipeline.recount import LINES
from apps.analytics.selectors.cover import cover
from apps.analytics.selectors.measures import plain
from apps.analytics.selectors.visits import chosen
from apps.metrics.contracts import Number, Query, Row

_TEST = int(EventFlag.TEST)
# A measure: which dimension it is kept in, and in which column.
MEASURES = {
    "product_quantity": (Dimension.PRODUCT, "events"), "product_orders": (Dimension.PRODUCT, "orders"),
    "product_revenue": (Dimension.PRODUCT, "revenue"), "product_buyers": (Dimension.PRODUCT, "sessions"),
    "product_views": (Dimension.PRODUCT_VIEW, "sessions"), "product_carts": (Dimension.PRODUCT_CART, "sessions"),
    "product_checkouts": (Dimension.PRODUCT_CHECKOUT, "sessions"),
    "product_returned": (Dimension.PRODUCT_REFUND, "events"),
    "refunds": (Dimension.REFUND, "events"), "refunded": (Dimension.REFUND, "revenue"),
}
_NAMES = {dimension: name for name, dimension in STAGES.items()}


def sells(site: Site) -> bool:
    """Whether a purchase was ever seen on a site."""
    return Rollup.objects.filter(site=site, dim__in=(Dimension.PRODUCT, Dimension.CURRENCY)).order_by().exists()


def totals(query: Query, cursor: Any) -> dict[str, Number]:
    """Sums over all products."""
    rows = _rows(query, "''", cursor)
    return next((row for _value, row in rows), dict.fromkeys(query.measures, 0))


def series(query: Query, cursor: Any) -> Mapping[datetime, dict[str, Number]]:
    """Sums by day."""
    cursor.execute(
        f"SELECT bucket, {_columns(query.measures)} FROM analytics_rollup WHERE site_id = ANY(%s) AND dim = ANY(%s)"
        " AND grain = %s AND bucket >= %s AND bucket < %s GROUP BY bucket",
        [list(query.subjects), _dimensions(query.measures), int(StoreGrain.DAY), query.window.start, query.window.end],
    )
    return {bucket: _row(query.measures, values) for bucket, *values in cursor.fetchall()}


def breakdown(query: Query, order: str, limit: int, offset: int, cursor: Any) -> Sequence[Row]:
    """Rows by product, the largest first."""
    rows = [(value, row) for value, row in _rows(query, "value", cursor) if value and any(row.values())]
    rows.sort(key=lambda item: (-float(item[1].get(order, 0)), item[0]))
    return [Row(value, row) for value, row in rows[offset : offset + limit]]


def median_order(query: Query, cursor: Any) -> Decimal | None:
    """The order that half of all are smaller than, in the organization's currency; None without orders."""
    where, params = chosen(query)
    among = f" AND e.session_id IN (SELECT s.id FROM analytics_session s WHERE {where})" if query.filters else ""
    cursor.execute(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY e.revenue) FROM analytics_event e"
        " JOIN accounts_organization o ON o.id = e.organization_id WHERE e.site_id = ANY(%s) AND e.name = 'purchase'"
        f" AND e.time >= %s AND e.time < %s AND e.flags & {_TEST} = 0 AND e.currency = o.currency AND e.revenue > 0"
        f"{among}",
        [list(query.subjects), query.window.start, query.window.end, *(params if among else [])],
    )
    (found,) = cursor.fetchone()
    return None if found is None else Decimal(str(found)).quantize(Decimal("0.01"))


def _rows(query: Query, group: str, cursor: Any) -> list[tuple[str, dict[str, Number]]]:
    if query.filters:
        return _filtered(query, group, cursor)
    part = cover(query, cursor)
    rows, more = part.whole, list(part.params)
    if part.cut is not None:  # a day is kept whole only: the running one counts in full
        rows, more = f"({rows} OR (grain = %s AND bucket = %s))", [*more, int(StoreGrain.DAY), part.cut.start]
    cursor.execute(
        f"SELECT {group}, {_columns(query.measures)} FROM analytics_rollup WHERE site_id = ANY(%s) AND dim = ANY(%s)"
        f" AND {rows} GROUP BY 1",
        [list(query.subjects), _dimensions(query.measures), *more],
    )
    return [(value, _row(query.measures, values)) for value, *values in cursor.fetchall()]


def _filtered(query: Query, group: str, cursor: Any) -> list[tuple[str, dict[str, Number]]]:
    """From the items of events of the visits chosen. Refunds without products are left out."""
    where, params = chosen(query)
    columns = {"events": "coalesce(sum(e.pieces) {only}, 0)", "orders": "count(*) {only}",
               "revenue": "coalesce(sum(e.value) {only}, 0)", "sessions": "count(DISTINCT e.session_id) {only}"}
    chosen_columns = []
    for name in query.measures:
        dimension, column = MEASURES[name]
        stage = _NAMES.get(int(dimension), "refund")
        chosen_columns.append(columns[column].format(only=f"FILTER (WHERE e.name = '{stage}')"))
    cursor.execute("SELECT currency FROM accounts_organization WHERE id = ANY(%s)", [list(query.organization_ids)])
    currency = cursor.fetchone()[0]
    cursor.execute(
        f"SELECT {'e.product' if group == 'value' else group}, {', '.join(chosen_columns)} FROM ({LINES}"
        f" AND e.time >= %s AND e.time < %s + interval '1 day' AND e.session_id IN"
        f" (SELECT s.id FROM analytics_session s WHERE {where})) e GROUP BY 1",
        [currency, list(query.subjects), list(STAGES), query.window.start, query.window.end, *params],
    )
    return [(value, _row(query.measures, values)) for value, *values in cursor.fetchall()]


def _columns(names: Sequence[str]) -> str:
    return ", ".join(
        f"coalesce(sum({MEASURES[name][1]}) FILTER (WHERE dim = {int(MEASURES[name][0])}), 0)" for name in names
    )


def _dimensions(names: Sequence[str]) -> list[int]:
    return list({int(MEASURES[name][0]) for name in names})


def _row(names: Sequence[str], values: Sequence[Any]) -> dict[str, Number]:
    return {name: plain(MEASURES[name][1], value) for name, value in zip(names, values, strict=True)}
