"""Copies in columns against PostgreSQL: the same questions, the same answers, whatever happened to the visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Organization
from apps.analytics.columns.making import make_span
from apps.analytics.columns.spans import plan
from apps.analytics.enums import Dimension, GoalKind, TextMatch
from apps.analytics.models import Company, CompanyVisit, Goal, Session, Site
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.selectors import visits
from apps.analytics.selectors.column_figures import ColumnFigures
from apps.analytics.selectors.column_sums import FEW
from apps.analytics.selectors.measures import COLUMNS, Asked, histogram
from apps.core.tenancy import every_tenant, tenant
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Grain, Operator, Query, Window
from tests.analytics.conftest import PHONE, Sender
from tests.analytics.test_rollups import DESKTOP, events, sent
from tests.factories.analytics import SiteFactory

BEGIN = datetime(2026, 10, 24, 18, tzinfo=UTC)  # the night in which the clocks go back in Berlin
FIRST, DAY = datetime(2026, 10, 23, tzinfo=UTC), timedelta(days=1)
LENGTHS = histogram(Dimension.SESSION_LENGTH)
FILTERS = (
    (Filter("device", Operator.IS, ("mobile",)),),
    (Filter("channel", Operator.ONE_OF, ("direct", "organic_search")), Filter("page", Operator.IS_NOT, ("/a",))),
    (Filter("source", Operator.CONTAINS, ("OO",)),),
    (Filter("event", Operator.IS, ("purchase",)),),
    (Filter("property", Operator.CONTAINS, ("plan",)),),
    (Filter("conversion_page", Operator.IS, ("/a",)), Filter("entry_page", Operator.CONTAINS, ("_",))),
)
GOALS = (
    {"kind": GoalKind.PAGE, "value": "/a"}, {"kind": GoalKind.PAGE, "match": TextMatch.CONTAINS, "value": "/A"},
    {"kind": GoalKind.PAGE, "match": TextMatch.STARTS, "value": "/c"}, {"kind": GoalKind.EVENT, "value": "signup"},
    {"kind": GoalKind.EVENT, "match": TextMatch.CONTAINS, "value": "IG"},
    {"kind": GoalKind.EVENT, "value": "signup", "prop_name": "plan", "prop_value": "/a"},
    {"kind": GoalKind.EVENT, "match": TextMatch.STARTS, "value": "sign", "prop_name": "paid", "prop_value": "false"},
    {"kind": GoalKind.REVENUE}, {"kind": GoalKind.REVENUE, "amount": Decimal("12.5")},
)
COMPANIES = ("Acme AG", "B_%")
ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/New_York", "UTC")
BY = ("device", "source", "entry_page", "page", "conversion_page", "event", "property", "week_hour", BY_SUBJECT,
      BY_ORGANIZATION)

pytestmark = pytest.mark.django_db


def filters_of(site: Site, draw: Any) -> tuple[Filter, ...]:
    """Some of FILTERS, or what PostgreSQL knows the meaning of: goals and companies of the site."""
    kind = draw(st.sampled_from(("plain", "goal", "company")))
    if kind == "plain":
        return draw(st.sampled_from(FILTERS))
    operator = draw(st.sampled_from((Operator.IS, Operator.IS_NOT, Operator.ONE_OF)))
    if kind == "goal":
        goals = draw(st.lists(st.sampled_from(GOALS), min_size=1, max_size=2))
        with tenant(site.organization_id):
            ids = [str(Goal.objects.create(site=site, name=str(place), **goal).pk) for place, goal in enumerate(goals)]
        found = Filter("goal", operator, tuple(ids))
    else:
        found = draw(st.sampled_from((
            Filter("company", operator, (company_of(site, COMPANIES[0]),)),
            Filter("company", Operator.CONTAINS, ("_",)), Filter("company", Operator.IS_NOT, ("0",)),
        )))
    return (found, *draw(st.sampled_from(((), (Filter("page", Operator.IS, ("/a",)),)))))


def company_of(site: Site, name: str) -> str:
    """A company of these, by its number."""
    with tenant(site.organization_id):
        found, _ = Company.objects.get_or_create(
            organization=site.organization, key=name, defaults={"name": name, "first_seen_at": FIRST,
                                                                "last_seen_at": FIRST},
        )
    return str(found.pk)


def come_from_companies(site: Site) -> None:
    """Two of three visits are of companies."""
    companies = [int(company_of(site, name)) for name in COMPANIES]
    with tenant(site.organization_id):
        for place, session in enumerate(Session.objects.filter(site=site).order_by("id").values_list("id", flat=True)):
            if place % 3 < len(companies):
                CompanyVisit.objects.create(
                    session_id=session, organization=site.organization, site=site, company_id=companies[place % 3]
                )


def questions(site: Site, draw: Any) -> list[Query]:
    """Some windows in some zones under some filters, over the days that are told of."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    start = datetime(2026, 10, 24, tzinfo=zone) + draw(st.integers(0, 1)) * DAY
    end = datetime(2026, 10, 26, tzinfo=zone) + draw(st.integers(0, 2)) * DAY
    grain = draw(st.sampled_from((Grain.HOUR, Grain.DAY, Grain.WEEK, Grain.MONTH)))
    return [Query((), Window(start, end, zone, grain), (site.organization_id,), (site.id,), filters_of(site, draw))]


def assert_same(query: Query, by: str, *, used: bool) -> None:
    """Both answer alike; `used`: that files are read at all is part of what is asserted."""
    asked, order = Asked.of((*COLUMNS, *LENGTHS, "vital_lcp_0", "vital_cls_3")), "engaged_s"
    table = Asked.of(COLUMNS)
    with tenant(*query.organization_ids), connection.cursor() as cursor:
        found = plan(query, cursor)
        assert (found is not None) or not used
        if found is None:
            return
        columns = ColumnFigures(found)
        here, there = columns.totals(query, asked, cursor), visits.totals(query, asked, cursor)
        assert {k: v for k, v in here.items() if v} == {k: v for k, v in there.items() if v}
        assert columns.series(query, table, cursor) == visits.series(query, table, cursor)
        alone = Asked.of(("visitors",))
        for word in FEW:
            assert columns.breakdown(query, alone, word, "visitors", 2, 1, cursor) == visits.breakdown(
                query, alone, word, "visitors", 2, 1, cursor
            )
        for offset in (0, 1):
            assert columns.breakdown(query, table, by, order, 3, offset, cursor) == visits.breakdown(
                query, table, by, order, 3, offset, cursor
            )


def digest(sender: Sender, drawn: list[dict[str, Any]]) -> None:
    for event in drawn:
        sender.digest(sender.envelope(
            BEGIN + timedelta(minutes=event["minutes"] + event["late"]), sent(event, BEGIN),
            ip=f"203.0.113.{event['who']}", ua=DESKTOP if event["who"] % 2 else PHONE,
        ))


def make(core: Any, site: Site, clock: Any = UTC, days: int = 4) -> None:
    first = datetime(2026, 10, 23, tzinfo=clock)
    for day in range(days):
        start, until = first + day * DAY, first + (day + 1) * DAY
        make_span(core.connection, site.id, start.astimezone(UTC), until.astimezone(UTC))


whatever_happens = given(
    drawn=st.lists(events, min_size=1, max_size=25), late=st.lists(events, max_size=4), data=st.data(),
    erase=st.booleans(), by=st.sampled_from(BY),
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@whatever_happens
def test_files_and_postgresql_answer_alike(organization: Organization, core: Any, **happens: Any) -> None:
    assert_alike(organization, core, **happens)


# ClickHouse inside a process takes milliseconds where DuckDB takes none; shrinking a failure would take minutes.
@settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.shrink}
)
@whatever_happens
@pytest.mark.usefixtures("in_clickhouse")
def test_clickhouse_and_postgresql_answer_alike(organization: Organization, core: Any, **happens: Any) -> None:
    assert_alike(organization, core, **happens)


def assert_alike(
    organization: Organization, core: Any, drawn: list[dict[str, Any]], late: list[dict[str, Any]], data: Any,
    erase: bool, by: str,
) -> None:
    site = SiteFactory(organization=organization, domains=["site.example"])
    core.rolled_back()
    sender = Sender(core, site)
    asked, clock = questions(site, data.draw), data.draw(st.sampled_from((UTC, organization.tz)))
    digest(sender, drawn)
    come_from_companies(site)
    make(core, site, clock)
    for query in asked:
        assert_same(query, by, used=True)

    digest(sender, late)
    with every_tenant():
        victim = Session.objects.filter(site=site).values_list("visitor", flat=True).first()
    if erase and victim:
        with core.connection.transaction():
            erase_visitor(core.connection, site.id, visitor=victim)
        core.rolled_back()
    for query in asked:
        assert_same(query, by, used=False)

    make(core, site, clock)
    for query in asked:
        assert_same(query, by, used=True)


@pytest.mark.usefixtures("store")
def test_two_sites_of_one_day_are_told_apart(organization: Organization, core: Any) -> None:
    sites = [SiteFactory(organization=organization, domains=[f"{name}.example"]) for name in "ab"]
    for minutes, site in enumerate(sites):
        Sender(core, site).view(BEGIN + timedelta(minutes=minutes), f"/{site.domains[0]}", ua=PHONE)
        make(core, site)
    window = Window(BEGIN - DAY, BEGIN + DAY, ZoneInfo("Europe/Berlin"), Grain.DAY)
    both = tuple(site.id for site in sites)
    for only in (Filter("page", Operator.IS, ("/a.example",)), Filter("device", Operator.IS, ("mobile",))):
        for by in ("page", "conversion_page", BY_SUBJECT):
            assert_same(Query((), window, (organization.id,), both, (only,)), by, used=True)
