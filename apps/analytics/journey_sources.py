"""Goals and products for `apps.metrics.read`: two sources beside the one of traffic, over the same store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.accounts.access import visible
from apps.analytics.enums import OF_SESSIONS, Dimension
from apps.analytics.models import Site
from apps.analytics.selectors import goal_figures, trade_figures
from apps.analytics.selectors.asking import asked
from apps.metrics import live, registry
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Measures, Query, Row

TRAFFIC = "analytics"
SECONDS = 5
_OF_SESSIONS = tuple(dimension.key for dimension in OF_SESSIONS)


class _OfSites:
    """What both have in common: freshness, and who may see which sites."""

    def version(self, query: Query) -> str:
        """Moves with every batch of the pipeline that touched these organizations."""
        return live.version(query.organization_ids, TRAFFIC)

    def visible(self, user: Any, membership: Any) -> tuple[int, ...] | None:
        """The sites assigned to a person whose right covers no more."""
        sites = visible(user, "site.view", Site.objects.all(), membership=membership)
        return tuple(sites.values_list("id", flat=True))


class GoalSource(_OfSites):
    """How often goals were reached. A total is the sum over goals, each counted for itself."""

    key = "goals"
    dimensions = (goal_figures.GOAL, *_OF_SESSIONS)

    def totals(self, query: Query) -> Measures:
        """Each measure over the window."""
        return asked(query, lambda query, cursor: self._totals(query, cursor), SECONDS)

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by bucket."""
        return asked(query, lambda query, cursor: self._series(query, cursor), SECONDS)

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by goal, largest first; by site or organization the totals of each."""
        if by in {BY_SUBJECT, BY_ORGANIZATION}:
            return _apart(self, query, by, order, limit, offset)
        rows = asked(query, lambda query, cursor: self._by_goal(query, cursor), SECONDS)
        rows.sort(key=lambda row: (-float(row.measures.get(order, 0)), int(row.value)))
        return rows[offset : offset + limit]

    def _totals(self, query: Query, cursor: Any) -> Measures:
        plain, goals = goal_figures.asked_goals(query)
        found = dict.fromkeys(query.measures, 0)
        for row in goal_figures.by_goal(plain, goals, cursor).values():
            for name in set(query.measures) - {goal_figures.BASE}:
                found[name] += row[name]  # type: ignore[assignment]
        if goal_figures.BASE in query.measures:
            found[goal_figures.BASE] = goal_figures.base(plain, cursor)  # type: ignore[assignment]
        return found

    def _series(self, query: Query, cursor: Any) -> Mapping[datetime, Measures]:
        plain, goals = goal_figures.asked_goals(query)
        found = {moment: dict(row) for moment, row in goal_figures.by_bucket(plain, goals, cursor).items()}
        if goal_figures.BASE in query.measures:
            for moment, row in goal_figures.base_by_bucket(plain, cursor).items():
                found.setdefault(moment, {})[goal_figures.BASE] = row["sessions"]
        return found

    def _by_goal(self, query: Query, cursor: Any) -> list[Row]:
        plain, goals = goal_figures.asked_goals(query)
        more = {}
        if goal_figures.BASE in query.measures:
            more[goal_figures.BASE] = goal_figures.base(plain, cursor)
        return [Row(value, row | more) for value, row in goal_figures.by_goal(plain, goals, cursor).items()]


class TradeSource(_OfSites):
    """What was sold, of which product."""

    key = "trade"
    dimensions = (Dimension.PRODUCT.key, *_OF_SESSIONS)

    def totals(self, query: Query) -> Measures:
        """Each measure over the window."""
        return asked(query, trade_figures.totals, SECONDS)

    def series(self, query: Query) -> Mapping[datetime, Measures]:
        """Measures by day."""
        return asked(query, trade_figures.series, SECONDS)

    def breakdown(self, query: Query, by: str, *, order: str, limit: int, offset: int = 0) -> Sequence[Row]:
        """Rows by product, largest first; by site or organization the totals of each."""
        if by in {BY_SUBJECT, BY_ORGANIZATION}:
            return _apart(self, query, by, order, limit, offset)
        return asked(
            query, lambda query, cursor: trade_figures.breakdown(query, order, limit, offset, cursor), SECONDS
        )


def _apart(source: Any, query: Query, by: str, order: str, limit: int, offset: int) -> list[Row]:
    """The totals of every site or organization, asked one by one: there are few."""
    if by == BY_SUBJECT:
        ids = query.subjects or tuple(
            Site.objects.filter(organization_id__in=query.organization_ids).values_list("id", flat=True)
        )
        parts = {str(pk): replace(query, subjects=(pk,)) for pk in ids}
    else:
        parts = {str(pk): replace(query, organization_ids=(pk,)) for pk in query.organization_ids}
    rows = [Row(value, source.totals(part)) for value, part in parts.items()]
    rows = [row for row in rows if any(row.measures.values())]
    rows.sort(key=lambda row: (-float(row.measures.get(order, 0)), row.value))
    return rows[offset : offset + limit]


registry.register_source(GoalSource())
registry.register_source(TradeSource())
