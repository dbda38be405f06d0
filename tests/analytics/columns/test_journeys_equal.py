"""Funnels, retention and paths from copies against PostgreSQL's rows: the same answers, whoever came how often, known
by a user id, a cookie or not at all, whatever happened to the visits, and wherever they lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Organization
from apps.analytics.columns.spans import plan
from apps.analytics.enums import ConsentMode
from apps.analytics.models import Site
from apps.analytics.pipeline.erasure import erase_visitor
from apps.analytics.selectors import column_journeys, column_paths, column_retention
from apps.analytics.selectors import journey_sql as sql
from apps.analytics.selectors.journeys import Match, Rule, RuleKind
from apps.core.tenancy import tenant
from apps.metrics.contracts import Filter, Grain, Operator, Query, Window
from tests.analytics.columns.test_equal import BEGIN, DAY, ZONES, make
from tests.analytics.conftest import PHONE, Sender
from tests.analytics.test_rollups import DESKTOP, events, sent
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

SIGNED = Rule(RuleKind.EVENT, Match.IS, ("signup",))
RULES = (
    Rule(RuleKind.PAGE, Match.IS, ("/a",)), Rule(RuleKind.PAGE, Match.IS_NOT, ("/",)), SIGNED,
    Rule(RuleKind.PAGE, Match.CONTAINS, ("/",)), Rule(RuleKind.ENTRY, Match.ONE_OF, ("/", "/b")),
    Rule(RuleKind.EVENT, Match.STARTS, ("s",), (("paid", "false"),)), Rule(RuleKind.EVENT, Match.IS, ("leave",)),
    Rule(RuleKind.EVENT, Match.IS, ("pageview",)),
)
FILTERS = ((), (Filter("device", Operator.IS, ("mobile",)),), (Filter("page", Operator.IS_NOT, ("/a",)),))
rules = st.sampled_from(RULES)
known = st.fixed_dictionaries({
    "uid": st.sampled_from(("", "", "u1", "u2")), "vid": st.sampled_from(("", "a" * 12, "b" * 12)),
    "other": st.booleans(),
})

pytestmark = pytest.mark.django_db


def digest(sender: Sender, sites: list[Site], drawn: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Everything also happens at the last site, which is another organization's."""
    for event, who in drawn:
        for site in (sites[who["other"]], sites[-1]):
            said = sent(event, BEGIN) | {"uid": who["uid"]}
            said |= {"vid": who["vid"], "consent": True} if who["vid"] else {}
            said["url"] = said["url"].replace("site.example", site.domains[0])
            sender.digest(sender.envelope(
                BEGIN + timedelta(minutes=event["minutes"] + event["late"]), said, site=site,
                ip=f"203.0.113.{event['who']}", ua=DESKTOP if event["who"] % 2 else PHONE,
            ))


def assert_same(query: Query, draw: Any) -> None:
    """Some questions to both."""
    steps = draw(st.lists(rules, min_size=2, max_size=3))
    ways = [(draw(st.none() | rules), draw(st.booleans()), draw(st.integers(1, 3)), draw(st.integers(1, 3)))
            for _ in range(4)]
    window = draw(st.sampled_from((timedelta(minutes=40), DAY, 4 * DAY)))
    with tenant(*query.organization_ids), connection.cursor() as cursor:
        found = plan(query, cursor)
        if found is None:
            return
        for ordered in (True, False):
            there, share = sql.funnel(query, steps, window, ordered, True, cursor)
            here = column_journeys.funnel(found, query, steps, window, ordered, True, cursor)
            assert [number for number, _ in here] == [number for number, _ in there]
            assert [middle for _, middle in here[1:]] == [middle for _, middle in there[1:]]
            assert column_retention.share(found, query, cursor) == share
        for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH):
            assert column_retention.retention(found, query, grain, cursor) == sql.retention(query, grain, cursor)
        for way in ways:
            here, there = column_paths.paths(found, query, *way, cursor), sql.paths(query, *way, cursor)
            assert sorted(here, key=repr) == sorted(there, key=repr)


whatever_happens = given(
    drawn=st.lists(st.tuples(events, known), min_size=2, max_size=25),
    late=st.lists(st.tuples(events, known), max_size=3), data=st.data(), erase=st.booleans(), both=st.booleans(),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@whatever_happens
def test_files_and_postgresql_tell_the_same_ways(organization: Organization, core: Any, **happens: Any) -> None:
    assert_alike(organization, core, **happens)


@settings(
    max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.shrink}
)
@whatever_happens
@pytest.mark.usefixtures("in_clickhouse")
def test_clickhouse_and_postgresql_tell_the_same_ways(organization: Organization, core: Any, **happens: Any) -> None:
    assert_alike(organization, core, **happens)


def assert_alike(
    organization: Organization, core: Any, drawn: list[Any], late: list[Any], data: Any, erase: bool, both: bool
) -> None:
    said = {"consent": ConsentMode.ON_CONSENT}
    sites = [
        SiteFactory(organization=owner, domains=[f"{name}.example"], settings=said)
        for name, owner in (("one", organization), ("two", organization), ("foreign", OrganizationFactory()))
    ]
    core.rolled_back()
    core.sites.refresh()
    sender, zone = Sender(core, sites[0]), ZoneInfo(data.draw(st.sampled_from(ZONES)))
    start = datetime(2026, 10, 24, tzinfo=zone)
    window = Window(start, start + data.draw(st.integers(1, 3)) * DAY, zone, Grain.DAY)
    query = Query((), window, (organization.id,), (sites[0].id, sites[1].id), data.draw(st.sampled_from(FILTERS)))
    digest(sender, sites, drawn)
    for site in (sites if both else sites[::2]):
        make(core, site, data.draw(st.sampled_from((UTC, organization.tz))), days=data.draw(st.integers(2, 4)))
    assert_same(query, data.draw)

    digest(sender, sites, late)
    if erase:
        with core.connection.transaction():
            erase_visitor(core.connection, sites[0].id, uid="u1")
        core.rolled_back()
    assert_same(query, data.draw)
