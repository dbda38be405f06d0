"""When an event reaches a goal: said in Python for events as they come in, and in SQL for those that are stored.

The two must never differ; a property test holds them against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from apps.analytics.columns.contracts import EventWords
from apps.analytics.columns.words import POSTGRESQL
from apps.analytics.enums import GoalKind, TextMatch

# Only A–Z are made small: the same letters everywhere, whatever the language of the database.
_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
UNITS = Decimal("10000")


@dataclass(frozen=True, slots=True)
class GoalRule:
    """What a goal waits for. `units` is the least amount in ten-thousandths; `mark` tells a visit's memory what of it
    was counted already: another rule has another mark."""

    kind: str
    match: str = TextMatch.IS
    value: str = ""
    prop_name: str = ""
    prop_value: str = ""
    units: int = 0
    id: int = 0
    is_conversion: bool = False
    mark: int = 0

    def reached_by(self, hit: Any) -> bool:
        """Whether this hit is what the goal waits for."""
        if self.kind == GoalKind.REVENUE:
            return bool(
                hit.name == "purchase" and hit.revenue >= max(1, self.units) and hit.currency == hit.site.currency
            )
        if self.kind == GoalKind.PAGE:
            return hit.name == "pageview" and hit.address is not None and self._holds(hit.address.path)
        if not self._holds(hit.name):
            return False
        return not self.prop_name or (
            hit.props is not None and text_of(hit.props.get(self.prop_name)) == self.prop_value
        )

    def _holds(self, text: str) -> bool:
        if self.match == TextMatch.IS:
            return text == self.value
        if self.match == TextMatch.STARTS:
            return text.startswith(self.value)
        return small(self.value) in small(text)


def small(text: str) -> str:
    """Text with A–Z made small and every other letter as it is."""
    return text.translate(_SMALL)


def text_of(value: Any) -> str | None:
    """A property's value as PostgreSQL's `->>` writes it; None for null and for what is no single value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return format(Decimal(orjson.dumps(value).decode()), "f") if isinstance(value, float) else None


def condition(goal: GoalRule, currency: str, words: EventWords = POSTGRESQL) -> tuple[str, list[Any]]:
    """The events `e` that reach a goal. Says in SQL what `GoalRule.reached_by` says in Python; `words` are those of a
    store of copies where its events are asked."""
    if goal.kind == GoalKind.REVENUE:
        units = f"coalesce(e.revenue, 0)::DECIMAL(38,4) * {UNITS}"
        return f"e.name = 'purchase' AND e.currency = %s AND {units} >= %s", [currency, max(1, goal.units)]
    parts, params = [], []
    if goal.kind == GoalKind.PAGE:
        parts.append("e.name = 'pageview' AND e.path <> ''")
    subject = "e.path" if goal.kind == GoalKind.PAGE else "e.name"
    if goal.match == TextMatch.CONTAINS:
        parts.append(f"position(%s IN {words.small(subject)}) > 0")
    else:
        parts.append(f"{subject} = %s" if goal.match == TextMatch.IS else words.starts(subject))
    params.append(small(goal.value) if goal.match == TextMatch.CONTAINS else goal.value)
    if goal.kind == GoalKind.EVENT and goal.prop_name:
        sql, more = words.has_property(goal.prop_name, goal.prop_value)
        parts.append(sql)
        params += more
    return " AND ".join(parts), params
