"""The goals of a site as the pipeline keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from apps.analytics.pipeline.marks import mark_of
from apps.analytics.reaching import UNITS, GoalRule


def goals_of(rows: Iterable[Any]) -> tuple[GoalRule, ...]:
    """From the columns id, kind, match, value, prop_name, prop_value, amount (as text), is_conversion."""
    return tuple(_goal(*row) for row in rows)


def _goal(
    goal_id: int, kind: str, match: str, value: str, prop_name: str, prop_value: str, amount: str | None,
    is_conversion: bool,
) -> GoalRule:
    units = int(Decimal(amount) * UNITS) if amount else 0
    rule = "\0".join((str(goal_id), kind, match, value, prop_name, prop_value, str(units)))
    return GoalRule(
        kind, match, value, prop_name, prop_value, units, goal_id, is_conversion, mark_of("goal", rule)
    )
