"""What `metrics.read` is told of traffic: the rollups and the visits themselves must tell the same story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.accounts.models import Organization
from apps.analytics.models import Site
from apps.analytics.selectors.cover import cover
from apps.analytics.source import TrafficSource
from apps.core.tenancy import NoTenant, WrongTenant, tenant
from apps.metrics import ranges
from apps.metrics.contracts import BY_ORGANIZATION, BY_SUBJECT, Filter, Grain, Operator, Query, QueryTooSlow
from tests.analytics.conftest import MINUTE, PHONE, Sender, view
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

NOON = datetime(2026, 11, 10, 11, tzinfo=UTC)  # noon in Berlin, a Tuesday
NOW = NOON + timedelta(hours=6)
BASE = ("visitors", "sessions", "pageviews", "events", "bounces", "engaged_s", "conversions", "orders", "revenue")
EVERYBODY = Filter("country", Operator.IS_NOT, ("ZZ",))

pytestmark = pytest.mark.django_db


@pytest.fixture
def traffic(sender: Sender) -> Sender:
    """Three visitors on two days: one from a search on a phone who buys, one who leaves at once, one who returns."""
    purchase = view("/thanks", "", name="purchase", order_id="A1", revenue={"amount": "49.90", "currency": "EUR"})
    leave = view("/shop", "", name="leave", eng=42_000)
    sender.view(NOON, "/", "https://www.google.de/", ip="198.51.100.1", ua=PHONE)
    sender.send(NOON + MINUTE, view("/shop"), leave, ip="198.51.100.1", ua=PHONE)
    sender.send(NOON + 2 * MINUTE, purchase, ip="198.51.100.1", ua=PHONE)
    sender.view(NOON + 5 * MINUTE, "/shop?utm_source=letter&utm_medium=email", ip="198.51.100.2")
    sender.view(NOON - timedelta(days=1), "/", ip="198.51.100.3")
    sender.view(NOON + 30 * MINUTE, "/", ip="198.51.100.3")
    return sender


def asked(site: Site, *measures: str, days: str = "7d", filters: tuple[Filter, ...] = ()) -> Query:
    period = ranges.parse({"range": days}, site.organization.tz, now=NOW)
    return Query(measures or BASE, period.window, (site.organization_id,), (site.id,), filters)


def test_totals_come_from_the_rollups(traffic: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        found = TrafficSource().totals(asked(site))

    assert found == {
        "visitors": 4, "sessions": 4, "pageviews": 5, "events": 7, "bounces": 3, "engaged_s": 42, "conversions": 1,
        "orders": 1, "revenue": Decimal("49.9000"),
    }


def test_a_filter_that_everybody_meets_changes_nothing(traffic: Sender, site: Site) -> None:
    source = TrafficSource()
    with tenant(site.organization_id):
        plain, filtered = source.totals(asked(site)), source.totals(asked(site, filters=(EVERYBODY,)))
        days = source.series(asked(site, "visitors", "pageviews"))
        same = source.series(asked(site, "visitors", "pageviews", filters=(EVERYBODY,)))

    assert filtered == plain
    assert {moment.astimezone(UTC): row for moment, row in same.items()} == {
        moment.astimezone(UTC): row for moment, row in days.items()
    }


@pytest.mark.parametrize(
    "by", ["channel", "device", "page", "entry_page", "exit_page", "event", "conversion_page", "source", "week_hour"]
)
def test_breakdowns_agree_with_and_without_filter(traffic: Sender, site: Site, by: str) -> None:
    order = "events" if by in {"event", "conversion_page", "page"} else "sessions"
    source = TrafficSource()
    with tenant(site.organization_id):
        plain = source.breakdown(asked(site, order), by, order=order, limit=20)
        filtered = source.breakdown(asked(site, order, filters=(EVERYBODY,)), by, order=order, limit=20)

    assert plain
    assert [(row.value, row.measures[order]) for row in filtered] == [
        (row.value, row.measures[order]) for row in plain
    ]


@pytest.mark.parametrize(
    ("item", "sessions"),
    [
        (Filter("device", Operator.IS, ("mobile",)), 1),
        (Filter("device", Operator.IS_NOT, ("mobile",)), 3),
        (Filter("channel", Operator.ONE_OF, ("email", "organic_search")), 2),
        (Filter("page", Operator.CONTAINS, ("/sh",)), 2),
        (Filter("page", Operator.CONTAINS, ("_",)), 0),
        (Filter("page", Operator.IS_NOT, ("/shop",)), 2),
        (Filter("event", Operator.IS, ("purchase",)), 1),
        (Filter("conversion_page", Operator.IS, ("/thanks",)), 1),
    ],
)
def test_filters_choose_visits(traffic: Sender, site: Site, item: Filter, sessions: int) -> None:
    with tenant(site.organization_id):
        found = TrafficSource().totals(asked(site, "sessions", filters=(item,)))

    assert found["sessions"] == sessions


def test_filters_combine(traffic: Sender, site: Site) -> None:
    both = (Filter("page", Operator.IS, ("/shop",)), Filter("device", Operator.IS, ("desktop",)))
    with tenant(site.organization_id):
        found = TrafficSource().totals(asked(site, "sessions", "revenue", filters=both))

    assert found == {"sessions": 1, "revenue": Decimal(0)}


def test_a_day_that_is_cut_off_counts_its_hours_and_visitors(traffic: Sender, site: Site) -> None:
    cut = asked(site, "visitors", "pageviews", days="today").over(
        ranges.parse({"range": "today"}, site.organization.tz, now=NOW + timedelta(days=1)).comparison_so_far
    )
    with tenant(site.organization_id):
        found = TrafficSource().totals(cut)

    assert found == {"visitors": 3, "pageviews": 4}


def test_medians_are_made_from_the_same_lengths(traffic: Sender, site: Site) -> None:
    names = tuple(f"session_length_{index}" for index in range(23))
    source = TrafficSource()
    with tenant(site.organization_id):
        plain, filtered = source.totals(asked(site, *names)), source.totals(asked(site, *names, filters=(EVERYBODY,)))

    assert sum(plain.values()) == 4
    assert filtered == plain


def test_hours_are_those_of_the_organizations_clock(traffic: Sender, site: Site) -> None:
    with tenant(site.organization_id):
        rows = TrafficSource().breakdown(asked(site, "sessions"), "week_hour", order="sessions", limit=5)

    assert [(row.value, row.measures["sessions"]) for row in rows] == [("2-12", 3), ("1-12", 1)]


def test_sites_and_organizations_are_told_apart(traffic: Sender, site: Site) -> None:
    other = SiteFactory(organization=site.organization, domains=["other.example"])
    traffic.send(NOON, view("/", host="other.example"), site=other, ip="198.51.100.9")
    query = asked(site, "sessions")
    query = Query(query.measures, query.window, query.organization_ids)
    with tenant(site.organization_id):
        sites = TrafficSource().breakdown(query, BY_SUBJECT, order="sessions", limit=5)
        organizations = TrafficSource().breakdown(query, BY_ORGANIZATION, order="sessions", limit=5)

    assert [(row.value, row.measures["sessions"]) for row in sites] == [(str(site.id), 4), (str(other.id), 1)]
    assert [(row.value, row.measures["sessions"]) for row in organizations] == [(str(site.organization_id), 5)]


def test_a_stranger_gets_nothing(traffic: Sender, site: Site) -> None:
    stranger: Organization = OrganizationFactory()
    with tenant(stranger.id), pytest.raises(WrongTenant):
        TrafficSource().totals(asked(site))
    with pytest.raises((WrongTenant, NoTenant)):
        TrafficSource().totals(asked(site))
    own = asked(site)
    with tenant(stranger.id):
        found = TrafficSource().totals(Query(own.measures, own.window, (stranger.id,), (site.id,)))

    assert set(found.values()) == {0}


def test_too_slow_is_said(traffic: Sender, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(query: Query, asked: object, cursor: object) -> dict[str, int]:
        cursor.execute("SELECT pg_sleep(5)")  # type: ignore[attr-defined]
        return {}

    monkeypatch.setattr("apps.analytics.source.FILTERED_SECONDS", 0.05)
    monkeypatch.setattr("apps.analytics.selectors.visits.totals", slow)
    with tenant(site.organization_id), pytest.raises(QueryTooSlow):
        TrafficSource().totals(asked(site, filters=(EVERYBODY,)))


def test_whole_months_and_weeks_are_read_as_such_once_folded(sender: Sender, site: Site) -> None:
    from django.db import connection

    from apps.analytics.models import FoldedPeriod

    query = asked(site, "sessions", days="12m")
    with tenant(site.organization_id), connection.cursor() as cursor:
        before = cover(query, cursor)
        zone = site.organization.tz
        for month in (3, 4):
            FoldedPeriod(site=site, grain=4, start=datetime(2026, month, 1, tzinfo=zone), folded_at=NOW).save()
        for day in (4, 11):  # Mondays of May
            FoldedPeriod(site=site, grain=5, start=datetime(2026, 5, day, tzinfo=zone), folded_at=NOW).save()
        after = cover(query, cursor)

    march, may = datetime(2026, 3, 1, tzinfo=zone), datetime(2026, 5, 1, tzinfo=zone)
    weeks = (datetime(2026, 5, 4, tzinfo=zone), datetime(2026, 5, 18, tzinfo=zone))
    assert (before.params[0], len(before.params)) == (3, 3)  # days only
    start, end = before.params[1:]
    assert after.params == (3, start, march, 4, march, may, 3, may, weeks[0], 5, *weeks, 3, weeks[1], end)


def test_minutes_are_of_now(sender: Sender, site: Site) -> None:
    from django.utils import timezone

    sender.view(timezone.now(), "/", ip="198.51.100.20")
    window = ranges.last_minutes(30, site.organization.tz).window
    with tenant(site.organization_id):
        found = TrafficSource().totals(Query(("active", "events_now"), window, (site.organization_id,), (site.id,)))
        bars = TrafficSource().series(Query(("events_now",), window, (site.organization_id,), (site.id,)))

    assert window.grain is Grain.MINUTE
    assert found == {"active": 1, "events_now": 1}
    assert [row["events_now"] for row in bars.values()] == [1]


@pytest.mark.parametrize("by", [*TrafficSource.dimensions, BY_SUBJECT, BY_ORGANIZATION])
def test_every_breakdown_has_the_same_rows_filtered_and_not(sender: Sender, site: Site, by: str) -> None:
    page = view("/a", "https://www.google.com/")
    sender.send(NOW, page, {**page, "name": "signup", "props": {"plan": "pro"}}, {**page, "name": "purchase"})
    with tenant(site.organization_id):
        source = TrafficSource()
        plain = source.breakdown(asked(site, "visitors", "events"), by, order="events", limit=10)
        same = source.breakdown(
            asked(site, "visitors", "events", filters=(EVERYBODY,)), by, order="events", limit=10
        )

    events = {row.value: row.measures["events"] for row in plain if row.measures["events"]}
    assert {row.value: row.measures["events"] for row in same if row.value in events} == events
