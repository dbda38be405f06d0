"""Funnels, retention and paths over a few visits that can be followed by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.analytics.columns.making import make_span
from apps.analytics.columns.spans import plan
from apps.analytics.enums import ConsentMode
from apps.analytics.models import Site
from apps.analytics.selectors import journeys
from apps.analytics.selectors.journeys import Base, Direction, Link, Match, Node, Rule, RuleKind
from apps.core.tenancy import WrongTenant, tenant
from apps.metrics import ranges
from apps.metrics.contracts import Filter, Grain, Operator, Query
from tests.analytics.conftest import HOUR, MINUTE, PHONE, SECOND, Sender, view
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 10, 11, tzinfo=UTC)  # noon in Berlin, a Tuesday
DAY = timedelta(days=1)
ANY_LENGTH = timedelta(days=30)

pytestmark = pytest.mark.django_db


def page(path: str, match: Match = Match.IS, **more: Any) -> Rule:
    return Rule(RuleKind.PAGE, match, (path,), **more)


BUYS = Rule(RuleKind.EVENT, Match.IS, ("purchase",))
SHOP, CART = page("/shop"), page("/cart")


def query(site: Site, *filters: Filter, days: int = 7) -> Query:
    period = ranges.parse({"range": f"{days}d"}, site.organization.tz, now=NOON + DAY)
    return Query((), period.window, (site.organization_id,), (site.id,), filters)


def walk(sender: Sender, start: datetime, who: int, *steps: str, **more: Any) -> None:
    """One visitor sees pages a minute apart; `!name` is an event instead."""
    for index, step in enumerate(steps):
        event = view("/there", name=step[1:]) if step.startswith("!") else view(step)
        sender.send(start + index * MINUTE, event | {"props": {"plan": "pro"}}, ip=f"198.51.100.{who}", **more)


@pytest.fixture(params=["visits", "columns", "clickhouse"])
def walks(request: pytest.FixtureRequest, strolls: Sender) -> Sender:
    """The same visits in PostgreSQL alone, and with the older one in columns."""
    if request.param == "clickhouse":
        request.getfixturevalue("in_clickhouse")
    if request.param != "visits":
        site = strolls.site
        begin = datetime(2026, 11, 7, tzinfo=UTC)
        assert make_span(strolls.core.connection, site.id, begin, begin + 3 * DAY)
        with tenant(site.organization_id), connection.cursor() as cursor:
            found = plan(query(site), cursor)
        assert found is not None
        assert found.gaps
    return strolls


@pytest.fixture
def strolls(sender: Sender) -> Sender:
    """Four visits, and a stranger's at another site that must never be counted."""
    walk(sender, NOON, 1, "/", "/shop", "/cart", "!purchase", ua=PHONE)
    walk(sender, NOON + SECOND, 2, "/", "/shop", "/shop", "/")
    walk(sender, NOON + 2 * SECOND, 3, "/cart", "/shop", "!purchase")
    walk(sender, NOON - DAY, 4, "/shop", "/", "/cart")
    other = SiteFactory(organization=sender.site.organization, domains=["other.example"])
    foreign = SiteFactory(organization=OrganizationFactory(), domains=["foreign.example"])
    for number, unwanted in enumerate((other, foreign)):
        for path in ("/shop", "/cart"):
            sender.send(NOON, view(path, host=unwanted.domains[0]), site=unwanted, ip=f"198.51.100.{9 + number}")
    return sender


def counts(site: Site, *steps: Rule, window: timedelta = ANY_LENGTH, **more: Any) -> list[int]:
    with tenant(site.organization_id):
        return [step.visitors for step in journeys.funnel(query(site), steps, window, **more).steps]


def test_a_funnel_counts_those_who_did_the_steps_in_order(walks: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        found = journeys.funnel(query(site), (SHOP, CART, BUYS), ANY_LENGTH)

    assert (found.base, found.recognised_share) == (Base.VISITS, 1.0)
    assert [step.visitors for step in found.steps] == [4, 2, 1]
    assert [step.share_of_previous for step in found.steps] == [1.0, 0.5, 0.5]
    assert found.steps[2].share_of_first == 0.25
    assert [step.median_seconds for step in found.steps] == [None, 90.0, 60.0]  # one and two minutes; one


def test_steps_in_any_order_and_within_a_window(walks: Sender, site: Site) -> None:
    assert counts(site, SHOP, CART, BUYS, ordered=False) == [4, 3, 2]
    assert counts(site, SHOP, CART, window=MINUTE) == [4, 1]
    assert counts(site, SHOP, CART, window=MINUTE, ordered=False) == [4, 2]
    assert counts(site, SHOP, SHOP) == [4, 1]


def test_a_later_attempt_counts_when_the_first_ran_out_of_time(sender: Sender, site: Site) -> None:
    walk(sender, NOON, 1, "/shop", "/", "/", "/", "/shop", "/cart")

    assert counts(site, SHOP, CART, window=2 * MINUTE) == [1, 1]


@pytest.mark.parametrize(
    ("rule", "visits"),
    [
        (Rule(RuleKind.ENTRY, Match.IS, ("/",)), 2),
        (Rule(RuleKind.ENTRY, Match.IS_NOT, ("/",)), 2),
        (page("/ca", Match.STARTS), 3),
        (page("SHO", Match.CONTAINS), 4),
        (page("s_o", Match.CONTAINS), 0),
        (Rule(RuleKind.PAGE, Match.ONE_OF, ("/cart", "/none")), 3),
        (Rule(RuleKind.EVENT, Match.IS, ("purchase",), (("plan", "pro"),)), 2),
        (Rule(RuleKind.EVENT, Match.IS, ("purchase",), (("plan", "free"),)), 0),
    ],
)
def test_rules(walks: Sender, site: Site, rule: Rule, visits: int) -> None:
    assert counts(site, rule) == [visits]


def test_filters_apply(walks: Sender, site: Site) -> None:
    phones = query(site, Filter("device", Operator.IS, ("mobile",)))
    with tenant(site.organization_id):
        funnel = journeys.funnel(phones, (SHOP, BUYS), ANY_LENGTH)
        paths = journeys.paths(phones, None, Direction.FORWARD, 3, 5)

    assert [step.visitors for step in funnel.steps] == [1, 1]
    assert [(node.depth, node.page, node.visits) for node in paths.nodes] == [
        (0, "/", 1), (1, "/shop", 1), (2, "/cart", 1),
    ]


def test_paths_forward_fold_reloads_and_say_who_left(walks: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        found = journeys.paths(query(site), SHOP, Direction.FORWARD, 2, 5)

    assert found.nodes == (
        Node(0, "/shop", 4, 1), Node(1, "/", 2, 1), Node(1, "/cart", 1, 1), Node(2, "/cart", 1, 1),
    )
    assert found.links == (Link(0, "/shop", "/", 2), Link(0, "/shop", "/cart", 1), Link(1, "/", "/cart", 1))


def test_paths_backward_and_the_rest(walks: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        found = journeys.paths(query(site), BUYS, Direction.BACKWARD, 1, 1)
        first = journeys.paths(query(site), None, Direction.FORWARD, 1, 1)

    assert found.nodes[0] == Node(0, "purchase", 2, 0)
    assert {(node.page, node.visits) for node in found.nodes if node.depth == 1} == {("/cart", 1), (journeys.REST, 1)}
    assert {(node.page, node.visits) for node in first.nodes if node.depth == 0} == {("/", 2), (journeys.REST, 2)}


def test_only_recognised_visitors_return(sender: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        Site.objects.filter(pk=site.pk).update(settings={**site.settings, "consent": ConsentMode.ON_CONSENT})
    sender.core.sites.refresh()
    for back, vid in ((0, "a"), (1, "a"), (2, "a"), (0, "b"), (2, "c")):
        sender.send(NOON - back * DAY, view("/") | {"vid": vid * 12, "consent": True}, ip=f"198.51.100.{back + 1}")
    sender.view(NOON - HOUR, "/", ip="198.51.100.77")
    with tenant(site.organization_id):
        found = journeys.retention(query(site), Grain.DAY)
        weeks = journeys.retention(query(site), Grain.WEEK)

    assert [(cohort.start.day, cohort.size, cohort.returned) for cohort in found.cohorts] == [
        (8, 2, (2, 1, 1, 0)), (10, 1, (1, 0)),
    ]
    assert found.recognised_share == pytest.approx(5 / 6)
    assert [(cohort.size, cohort.returned) for cohort in weeks.cohorts] == [(2, (2, 1)), (1, (1,))]


def test_recognised_visitors_go_through_a_funnel_over_days(sender: Sender, site: Site) -> None:
    for back, path, uid in ((2, "/shop", "u1"), (0, "/cart", "u1"), (2, "/shop", ""), (0, "/cart", "")):
        sender.send(NOON - back * DAY, view(path) | {"uid": uid}, ip=f"198.51.100.{back + len(uid)}")

    assert counts(site, SHOP, CART) == [2, 0]
    assert counts(site, SHOP, CART, base=Base.RECOGNISED) == [1, 1]
    assert counts(site, SHOP, CART, base=Base.RECOGNISED, window=DAY) == [1, 0]


def test_strangers_get_nothing(walks: Sender, site: Site) -> None:
    with tenant(OrganizationFactory().id), pytest.raises(WrongTenant):
        journeys.funnel(query(site), (SHOP,), ANY_LENGTH)


@pytest.mark.parametrize("ask", [
    lambda asked: journeys.retention(asked, Grain.DAY),
    lambda asked: journeys.funnel(asked, [SHOP], ANY_LENGTH, base=Base.RECOGNISED),
])
def test_who_is_recognised_is_joined_and_not_searched_for_once_a_visit(ask: Any, site: Site) -> None:
    with tenant(site.organization_id), CaptureQueriesContext(connection) as asked:
        ask(query(site))

        share = next(found["sql"] for found in reversed(asked.captured_queries) if "LEFT JOIN known" in found["sql"])
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {share}")
            assert "SubPlan" not in str(cursor.fetchall())
