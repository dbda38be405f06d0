"""Two days of which one is copied, and what tests of copies ask of them, in whichever place copies lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.analytics.columns import keeping, making
from apps.analytics.columns.making import make_span
from apps.analytics.columns.spans import plan
from apps.analytics.models import ColumnSpan, Session, Site
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.selectors.column_figures import ColumnFigures
from apps.analytics.selectors.measures import Asked
from apps.analytics.source import TrafficSource
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import Filter, Operator, Query, Window
from tests.analytics.conftest import MINUTE, PHONE, Sender

NOON = datetime(2026, 11, 10, 11, tzinfo=UTC)
FIRST, DAY = datetime(2026, 11, 10, tzinfo=UTC), timedelta(days=1)
PHONES = (Filter("device", Operator.IS, ("mobile",)),)


def two_days(sender: Sender, core: Any, site: Site) -> Sender:
    """One visit on a phone and one from a desk yesterday, copied; one more on a phone today, not copied."""
    sender.view(NOON, "/secret-page", ip="198.51.100.1", ua=PHONE)
    sender.view(NOON + MINUTE, "/shop", ip="198.51.100.2")
    sender.view(NOON + DAY, "/", ip="198.51.100.3", ua=PHONE)
    assert make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    return sender


def made_while_a_visit_changes(made: Sender, core: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Make the copy once more; whether it was taken into use."""
    turn = making._turn

    def disturbed(part: Path, span: dict[str, Any]) -> tuple[int, ...]:
        made.view(NOON + 3 * MINUTE, "/meanwhile", ip="198.51.100.1", ua=PHONE)
        return turn(part, span)

    monkeypatch.setattr(making, "_turn", disturbed)
    taken = make_span(core.connection, site.id, FIRST - DAY, FIRST + DAY)
    keeping.sweep(core.connection)
    return taken


def erase(core: Any, site: Site) -> None:
    """The visitor of the secret page."""
    with every_tenant():
        visitor = Session.objects.get(site=site, entry_page="/secret-page").visitor
    with core.connection.transaction():
        erase_visitor(core.connection, site.id, visitor=visitor)


def laid_out_earlier(core: Any, site: Site, key: str, name: str) -> None:
    """Its copy is one that an earlier version of the application has made."""
    core.connection.execute(
        "UPDATE analytics_columnspan SET store = %s, name = %s WHERE site_id = %s", [key, name, site.id]
    )


def sessions(site: Site) -> Any:
    with tenant(site.organization_id):
        return TrafficSource().totals(asked(site))["sessions"]


def asked(site: Site, *filters: Filter, days: int = 2) -> Query:
    zone = site.organization.tz
    start = datetime(2026, 11, 10, tzinfo=zone)
    return Query(
        ("sessions",), Window(start, start + days * DAY, zone), (site.organization_id,), (site.id,), filters or PHONES
    )


def planned(site: Site, organization_id: int = 0) -> Any:
    with tenant(organization_id or site.organization_id), connection.cursor() as cursor:
        return plan(asked(site), cursor)


def by_columns(site: Site, query: Query) -> Any:
    """What the copies say, which must be asked: no other way out is taken."""
    with tenant(site.organization_id), connection.cursor() as cursor:
        return ColumnFigures(plan(query, cursor)).totals(query, Asked.of(["sessions", "visitors"]), cursor)


def span(site: Site) -> ColumnSpan:
    with every_tenant():
        return ColumnSpan.objects.get(site=site)
