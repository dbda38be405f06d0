"""The condition that a visit came from a company: `company:is:12`, told by the company's number, or `contains` a word
of its name. Companies that were put away are still found by their number."""

from __future__ import annotations

from typing import Any

from apps.analytics.selectors.rule_sql import literal
from apps.metrics.contracts import Filter, Operator

COMPANY = "company"


def company_filter(item: Filter) -> tuple[str, list[Any]]:
    """The positive form as SQL over the visit `s`, with its parameters; a negated filter is negated by the caller."""
    sql, params = of_companies(item)
    return f"s.id IN ({sql})", params


def of_companies(item: Filter) -> tuple[str, list[Any]]:
    """The numbers of the visits that came from the companies a filter means."""
    visits = "SELECT v.session_id FROM analytics_companyvisit v"
    if item.operator is Operator.CONTAINS:
        return (
            f"{visits} JOIN analytics_company c ON c.id = v.company_id WHERE c.name ILIKE %s",
            [f"%{literal(item.values[0])}%"],
        )
    return f"{visits} WHERE v.company_id::text = ANY(%s)", [list(item.values)]
