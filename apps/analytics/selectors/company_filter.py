"""The condition that a visit came from a company: `company:is:12`, told by the company's number, or `contains` a word
of its name. Companies that were put away are still found by their number."""

from __future__ import annotations

from typing import Any

from apps.metrics.contracts import Filter, Operator

COMPANY = "company"


def company_filter(item: Filter) -> tuple[str, list[Any]]:
    """The positive form as SQL over the visit `s`, with its parameters; a negated filter is negated by the caller."""
    of_company = "s.id IN (SELECT v.session_id FROM analytics_companyvisit v"
    if item.operator is Operator.CONTAINS:
        literal = item.values[0].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return (
            f"{of_company} JOIN analytics_company c ON c.id = v.company_id WHERE c.name ILIKE %s)", [f"%{literal}%"]
        )
    return f"{of_company} WHERE v.company_id::text = ANY(%s))", [list(item.values)]
