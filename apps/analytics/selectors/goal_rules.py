"""Stored goals as rules that can be counted, and as a condition on visits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.analytics.models import Goal
from apps.analytics.pipeline.goals import goals_of
from apps.analytics.reaching import GoalRule, condition
from apps.metrics.contracts import Filter


def rules_of(goals: Iterable[Goal]) -> tuple[GoalRule, ...]:
    """Stored goals as rules that can be counted."""
    return goals_of([
        (goal.id, goal.kind, goal.match, goal.value, goal.prop_name, goal.prop_value,
         None if goal.amount is None else str(goal.amount), goal.is_conversion)
        for goal in goals
    ])


def goal_filter(item: Filter) -> tuple[str, list[Any]]:
    """The condition on events `e` that reach one of the goals a filter names."""
    parts, params = [], []
    for goal, rule in goals_in(item):
        sql, values = condition(rule, goal.site.organization.currency)
        parts.append(f"(e.site_id = %s AND {sql})")
        params += [goal.site_id, *values]
    return " OR ".join(parts) or "false", params


def goals_in(item: Filter) -> list[tuple[Goal, GoalRule]]:
    """The goals a filter names, each with its rule, its site and the organization that counts its money."""
    goals = Goal.objects.filter(pk__in=ids_in(item)).select_related("site__organization").order_by("id")
    return [(goal, rules_of([goal])[0]) for goal in goals]


def ids_in(item: Filter) -> list[int]:
    """The goals a filter names; what is no number is left out."""
    return [int(value) for value in item.values if value.isascii() and value.isdigit() and len(value) < 19]
