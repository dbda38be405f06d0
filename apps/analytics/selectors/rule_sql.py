"""What a visitor does (`apps.analytics.contracts.rules`) as a condition on an event `e` of a visit `s`, in the words of
PostgreSQL or of a store of copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.analytics.columns.contracts import EventWords
from apps.analytics.contracts.rules import Match, Rule, RuleKind

_SUBJECTS = {RuleKind.PAGE: "e.path", RuleKind.EVENT: "e.name", RuleKind.ENTRY: "s.entry_page"}


def matched(rule: Rule, words: EventWords) -> tuple[str, list[Any]]:
    """The condition that picks the events a rule means, with its parameters."""
    subject = _SUBJECTS[rule.kind]
    if rule.match == Match.STARTS:
        sql, params = f"{subject} LIKE %s{words.escape}", [f"{literal(rule.values[0])}%"]
    else:
        sql, params = holds(subject, rule.match == Match.CONTAINS, rule.values, words)
    parts = [f"NOT ({sql})" if rule.match == Match.IS_NOT else sql]
    if rule.kind != RuleKind.EVENT:
        parts.append("e.name = 'pageview'")
    if rule.kind == RuleKind.ENTRY:
        parts.append("coalesce(e.time = s.entry_at, false)")
    for name, value in rule.props:
        has, more = words.has_property(name, value)
        parts.append(has)
        params += more
    return f"({' AND '.join(parts)})", params


def holds(expression: str, contains: bool, values: Sequence[str], words: EventWords) -> tuple[str, list[Any]]:
    """The condition that a text is one of these values, or contains the first."""
    if contains:
        return f"{expression} ILIKE %s{words.escape}", [f"%{literal(values[0])}%"]
    return f"{expression} IN ({', '.join(['%s'] * len(values)) or 'NULL'})", list(values)


def literal(text: str) -> str:
    """A text as LIKE takes it for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
