"""How the store is asked: within the scope only, for sites by name, and under a time limit where visits are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from apps.core.tenancy import WrongTenant, current_scope
from apps.metrics.contracts import Query, QueryTooSlow

T = TypeVar("T")
Ask = Callable[[Query, Any], T]  # a question about sites, over a cursor


def guard(query: Query) -> None:
    """Refuse a question about an organization that is not in scope: raises WrongTenant."""
    scope = current_scope()
    if scope is None or not all(scope.allows(org_id) for org_id in query.organization_ids):
        raise WrongTenant("figures were asked of an organization that is not in scope")


def by_site(query: Query, cursor: Any) -> Query:
    """An organization's question as one about all its sites, because that is what the store is ordered by."""
    if query.subjects:
        return query
    cursor.execute("SELECT id FROM analytics_site WHERE organization_id = ANY(%s)", [list(query.organization_ids)])
    return replace(query, subjects=tuple(row[0] for row in cursor.fetchall()) or (0,))


def asked(query: Query, ask: Ask[T], seconds: float | None) -> T:
    """Ask about sites in scope. With `seconds`, statements that take longer end as QueryTooSlow."""
    guard(query)
    if seconds is None:
        with connection.cursor() as cursor:
            return ask(by_site(query, cursor), cursor)
    ends_here = not connection.in_atomic_block  # then the limit ends with the transaction
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
            answer = ask(by_site(query, cursor), cursor)
            if not ends_here:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return answer
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise QueryTooSlow(str(error)) from error
        raise
