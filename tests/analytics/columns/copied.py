"""What tests of copies in ClickHouse ask, and of when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from apps.analytics.columns.spans import plan
from apps.analytics.models import ColumnSpan, Site
from apps.analytics.selectors.column_figures import ColumnFigures
from apps.analytics.selectors.measures import Asked
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import Filter, Operator, Query, Window

NOON = datetime(2026, 11, 10, 11, tzinfo=UTC)
FIRST, DAY = datetime(2026, 11, 10, tzinfo=UTC), timedelta(days=1)
PHONES = (Filter("device", Operator.IS, ("mobile",)),)


def asked(site: Site, *filters: Filter) -> Query:
    zone = site.organization.tz
    start = datetime(2026, 11, 10, tzinfo=zone)
    return Query(
        ("sessions",), Window(start, start + 2 * DAY, zone), (site.organization_id,), (site.id,), filters or PHONES
    )


def planned(site: Site) -> Any:
    with tenant(site.organization_id), connection.cursor() as cursor:
        return plan(asked(site), cursor)


def by_columns(site: Site, query: Query) -> Any:
    """What the copies say, which must be asked: no other way out is taken."""
    with tenant(site.organization_id), connection.cursor() as cursor:
        return ColumnFigures(plan(query, cursor)).totals(query, Asked.of(["sessions", "visitors"]), cursor)


def span(site: Site) -> ColumnSpan:
    with every_tenant():
        return ColumnSpan.objects.get(site=site)
