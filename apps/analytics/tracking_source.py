"""What became of events and how good the data is, as metrics read it: from `SiteFlow` by minute, hour and day, and from
the scores by day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from apps.accounts.access import visible
from apps.analytics.enums import StoreGrain
from apps.analytics.models import Site
from apps.analytics.selectors.flows import OUTCOMES
from apps.core.tenancy import WrongTenant, current_scope
from apps.metrics import live, registry
from apps.metrics.calendar_math import bucket_starts, midnight
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Grain, Measures, Query, Row

KEY = "tracking"
SCORES = ("quality_points", "quality_most")
MEASURES = (*OUTCOMES, *SCORES)
_FLOW = "SELECT {key}, {sums} FROM analytics_siteflow WHERE {scope} AND grain = %s AND bucket >= %s AND bucket < %s"
_SCORE = """SELECT {key}, coalesce(sum(points), 0)::bigint, coalesce(sum(most), 0)::bigint FROM analytics_sitescore
WHERE {scope} AND day >= %s AND day < %s"""
_GRAINS = {Grain.MINUTE: StoreGrain.MINUTE, Grain.HOUR: StoreGrain.HOUR}


class TrackingSource:
    """Sums by window, bucket, site and organization. Scores are known by day only, and to finer buckets not at all.

    A window that ends within an hour takes that hour whole when it reads hours, as its last minute is not known for
    long.
    """

    key = KEY
    dimensions: tuple[str, ...] = ()

    def totals(self, query: Query) -> Measures:
        """Each measure over the window."""
        found = self._rows(query, "1", _grain_of(query))
        return dict.fromkeys(query.measures, 0) | {name: found.get(1, {}).get(name, 0) for name in query.measures}

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by bucket, where there is something."""
        grain = _GRAINS.get(query.window.grain, StoreGrain.DAY)
        starts = bucket_starts(query.window)
        edges = [start.astimezone(UTC) for start in starts]
        found: dict[datetime, dict[str, int]] = {}
        for at, measures in self._rows(query, "bucket", grain).items():
            place = bisect_right(edges, at.astimezone(UTC)) - 1
            if place >= 0:
                row = found.setdefault(starts[place], dict.fromkeys(query.measures, 0))
                for name in query.measures:
                    row[name] += measures.get(name, 0)
        return found

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """By site or by organization."""
        column = {BY_SUBJECT: "site_id", BY_ORGANIZATION: "organization_id"}[by]
        rows = [
            Row(str(value), dict.fromkeys(query.measures, 0) | {n: m.get(n, 0) for n in query.measures})
            for value, m in self._rows(query, column, _grain_of(query)).items()
        ]
        rows.sort(key=lambda row: (-row.measures[order], row.value))
        return rows[offset : offset + limit]

    def version(self, query: Query) -> str:
        """Moves with every batch of the pipeline that touched these organizations."""
        return live.version(query.organization_ids, "analytics")

    def visible(self, user: Any, membership: Any) -> tuple[int, ...] | None:
        """The sites assigned to a person whose right covers no more."""
        sites = visible(user, "site.view", Site.objects.all(), membership=membership)
        return tuple(sites.values_list("id", flat=True))

    def _rows(self, query: Query, key: str, grain: StoreGrain) -> dict[Any, dict[str, int]]:
        scope = current_scope()
        if scope is None or not all(scope.allows(org_id) for org_id in query.organization_ids):
            raise WrongTenant("figures were asked of an organization that is not in scope")
        found: dict[Any, dict[str, int]] = {}
        window, start, end = query.window, query.window.start, query.window.end
        where, params = "organization_id = ANY(%s)", [list(query.organization_ids)]
        if query.subjects:
            where, params = f"{where} AND site_id = ANY(%s)", [*params, list(query.subjects)]
        group = "" if key == "1" else f" GROUP BY {key}"
        with connection.cursor() as cursor:
            sums = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in OUTCOMES)
            cursor.execute(_FLOW.format(key=key, sums=sums, scope=where) + group, [*params, int(grain), start, end])
            for value, *numbers in cursor.fetchall():
                found[value] = dict(zip(OUTCOMES, numbers, strict=True))
            if set(SCORES) & set(query.measures) and grain is StoreGrain.DAY:
                first, last = (moment.astimezone(window.zone).date() for moment in (start, end))
                of = "day" if key == "bucket" else key
                tail = " GROUP BY day" if key == "bucket" else group
                cursor.execute(_SCORE.format(key=of, scope=where) + tail, [*params, first, last])
                for value, points, most in cursor.fetchall():
                    at = midnight(value, window.zone).astimezone(UTC) if key == "bucket" else value
                    found.setdefault(at, {}).update(zip(SCORES, (points, most), strict=True))
        return found


def _grain_of(query: Query) -> StoreGrain:
    """Days for whole days, else hours, and minutes for a stretch that asks for them."""
    if query.window.grain is Grain.MINUTE:
        return StoreGrain.MINUTE
    edges = (query.window.start.astimezone(query.window.zone), query.window.end.astimezone(query.window.zone))
    whole = all(midnight(edge.date(), query.window.zone).astimezone(UTC) == edge.astimezone(UTC) for edge in edges)
    return StoreGrain.DAY if whole else StoreGrain.HOUR


registry.register_source(TrackingSource())
