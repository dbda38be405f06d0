"""Sums of days: rates of sums, places by their weight, days of Google's as days of one's own, nobody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Organization
from apps.analytics.enums import SearchDimension
from apps.analytics.models import Site, SiteSearch
from apps.analytics.selectors import search_figures
from apps.analytics.selectors.asking import asked
from apps.analytics.selectors.searches import covered
from apps.core.tenancy import WrongTenant, every_tenant, tenant
from apps.metrics import ranges, read
from apps.metrics.contracts import BY_SUBJECT, Filter, Operator
from apps.metrics.frame import SYSTEM, Frame
from tests.analytics.searches.conftest import figures_of
from tests.factories.analytics import SiteFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUERY = SearchDimension.QUERY
KEYS = ("searches.clicks", "searches.impressions", "searches.ctr", "searches.position", "searches.named_share")
TWO_DAYS = {"range": "custom", "from": "2026-11-10", "to": "2026-11-11", "compare": "previous", "grain": "day"}


def frame_of(site: Site, *filters: Filter, **params: str) -> Frame:
    period = ranges.parse({**TWO_DAYS, **params}, site.organization.tz, now=NOW)
    return Frame(period, (site.organization_id,), "EUR", SYSTEM, subjects=(site.pk,), filters=filters)


def table(site: Site, by: str = "search_term", sort: str = "-clicks", search: str = "", **params: str) -> Any:
    frame = frame_of(site, **params)
    return asked(frame.query((), frame.period.window), lambda query, cursor: search_figures.lines(
        query, frame.period.comparison, by, sort=sort, search=search, limit=10, offset=0, cursor=cursor,
    ), 5).rows


@pytest.fixture
def leak(shop: Site, other_organization: Organization) -> Site:
    """The same days at a stranger's site and at another one of one's own."""
    rows = [("2026-11-10", "", 900, 9_000, 90.0), ("2026-11-10", "rye", 90, 900, 9.0)]
    theirs = SiteFactory(organization=other_organization)
    for site in (theirs, SiteFactory(organization=shop.organization)):
        figures_of(site, rows[:1])
        figures_of(site, rows[1:], dim=QUERY)
    return theirs


def test_rates_and_places_are_made_from_sums(shop: Site, leak: Site) -> None:
    figures_of(shop, [("2026-11-10", "", 10, 100, 2.0), ("2026-11-11", "", 0, 900, 12.0),
                      ("2026-11-08", "", 5, 10, 1.0), ("2026-11-12", "", 77, 77, 7.0)])
    figures_of(shop, [("2026-11-10", "rye", 4, 40, 1.0)], dim=QUERY)

    with tenant(shop.organization_id):
        page = read.page(KEYS, frame_of(shop))

    now = {key: answer.value for key, answer in page.answers.items()}
    assert now == {
        "searches.clicks": 10, "searches.impressions": 1_000, "searches.ctr": 0.01,
        "searches.position": pytest.approx(11.0), "searches.named_share": 0.4,  # not the mean of 2 and 12
    }
    assert page.answers["searches.clicks"].previous == 5
    assert page.answers["searches.position"].previous == 1.0
    assert page.series["searches.clicks"].values == (10, 0)
    assert page.series["searches.position"].values == (pytest.approx(2.0), pytest.approx(12.0))


def test_without_impressions_there_is_no_rate_and_no_place(shop: Site, leak: Site) -> None:
    with tenant(shop.organization_id):
        page = read.page(KEYS, frame_of(shop))

    assert {key: page.answers[key].value for key in KEYS} == {
        "searches.clicks": 0, "searches.impressions": 0, "searches.ctr": None, "searches.position": None,
        "searches.named_share": None,
    }


ROWS = st.lists(
    st.tuples(
        st.integers(min_value=8, max_value=13), st.sampled_from(["a", "b", "ü 50%", "A_"]),
        st.integers(min_value=0, max_value=500), st.integers(min_value=0, max_value=5_000),
        st.floats(min_value=1, max_value=100),
    ),
    max_size=24, unique_by=lambda row: (row[0], row[1]),
)


@given(rows=ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_table_is_what_a_plain_sum_says(shop: Site, leak: Site, rows: list[tuple[Any, ...]]) -> None:
    with every_tenant():
        site = SiteFactory(organization=shop.organization)
    rows = [(day, word, min(clicks, shown), shown, place) for day, word, clicks, shown, place in rows]
    if rows:
        figures_of(site, [(f"2026-11-{day:02}", *rest) for day, *rest in rows], dim=QUERY)

    with tenant(shop.organization_id):
        found = {line.value: line for line in table(site)}

    mine = [row for row in rows if 10 <= row[0] <= 11]
    assert set(found) == {row[1] for row in mine}
    for word, line in found.items():
        of_word = [row for row in mine if row[1] == word]
        shown = sum(row[3] for row in of_word)
        assert (line.clicks, line.impressions) == (sum(row[2] for row in of_word), shown)
        mean = sum(row[3] * row[4] for row in of_word) / shown if shown else None
        assert line.place == (pytest.approx(mean) if mean is not None else None)
        assert line.rate == (pytest.approx(line.clicks / shown) if shown else None)
        before = [row for row in rows if row[1] == word and 8 <= row[0] <= 9]
        assert line.impressions_before == sum(row[3] for row in before)


def test_rows_are_sorted_both_ways_and_searched_by_their_very_signs(shop: Site, leak: Site) -> None:
    figures_of(shop, [
        ("2026-11-10", "rye", 5, 100, 3.0), ("2026-11-10", "50% off", 9, 900, 8.0),
        ("2026-11-11", "50 loaves", 1, 2, 1.5), ("2026-11-11", "never", 0, 0, 0.0),
    ], dim=QUERY)

    with tenant(shop.organization_id):
        def order(sort: str) -> list[str]:
            return [line.value for line in table(shop, sort=sort)]

        assert order("-clicks") == ["50% off", "rye", "50 loaves", "never"]
        assert order("place") == ["50 loaves", "rye", "50% off", "never"]
        assert order("-rate") == ["50 loaves", "rye", "50% off", "never"]
        assert order("value") == sorted(order("value"))
        assert [line.value for line in table(shop, search="50%")] == ["50% off"]
        assert [line.value for line in table(shop, search="RYE")] == ["rye"]
        assert table(shop, search="_") == []


def test_breakdowns_and_filters_of_the_registry(shop: Site, leak: Site) -> None:
    figures_of(shop, [("2026-11-10", "rye", 5, 100, 3.0), ("2026-11-11", "oat", 9, 50, 2.0)], dim=QUERY)
    figures_of(shop, [("2026-11-10", "", 20, 300, 4.0)])
    contains = Filter("search_term", Operator.CONTAINS, ("y",))

    with tenant(shop.organization_id):
        keys = ["searches.clicks", "searches.position"]
        by_term = read.breakdown(keys, frame_of(shop), by="search_term")
        narrowed = read.page(keys, frame_of(shop, contains), with_series=False)
        crossed = read.value("searches.clicks", frame_of(shop, contains, Filter("search_page", Operator.IS, ("/",))))
        by_site = read.breakdown(["searches.clicks"], frame_of(shop), by=BY_SUBJECT)

    assert [(line.value, line.values["searches.clicks"]) for line in by_term.lines] == [("oat", 9), ("rye", 5)]
    assert narrowed.answers["searches.clicks"].value == 5
    assert narrowed.answers["searches.position"].value == pytest.approx(3.0)
    assert crossed.value == 0  # Google tells no two dimensions together
    assert [(line.value, line.values["searches.clicks"]) for line in by_site.lines] == [(str(shop.pk), 20)]


def test_a_period_that_is_not_over_is_compared_with_as_many_days_as_are_known(shop: Site, leak: Site) -> None:
    days = [f"2026-{month}-{day:02}" for month, last in (("10", 31), ("11", 17)) for day in range(1, last + 1)]
    figures_of(shop, [(day, "", 10, 100, 2.0) for day in days])

    with tenant(shop.organization_id):
        week = read.compare("searches.clicks", frame_of(shop, range="7d"))
        today = read.compare("searches.clicks", frame_of(shop, range="today", grain=""))

    assert (week.value, week.previous, week.change) == (40, 40, 0)  # 14 to 17 November beside 7 to 10
    assert (today.value, today.previous) == (0, 0)
    assert week.until == datetime(2026, 11, 17, 23, tzinfo=UTC)  # midnight in Berlin


def test_a_stranger_is_refused(shop: Site, leak: Site) -> None:
    with tenant(shop.organization_id), pytest.raises(WrongTenant):
        table(leak)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_day_of_googles_is_the_day_of_that_date_everywhere(shop: Site, leak: Site, zone: str) -> None:
    shop.organization.time_zone = zone
    shop.organization.save()
    figures_of(shop, [("2026-11-01", "", 1, 10, 1.0), ("2026-11-02", "", 2, 10, 1.0), ("2026-11-03", "", 4, 10, 1.0)])

    with tenant(shop.organization_id):
        frame = frame_of(shop, **{"from": "2026-11-01", "to": "2026-11-02"})  # clocks change in Los Angeles
        found = read.page(["searches.clicks"], frame)

    assert found.answers["searches.clicks"].value == 3
    assert found.series["searches.clicks"].values == (1, 2)


class TestCovered:
    """The part of a period that Google has figures of."""

    def reach(self, first: str, last: str) -> SiteSearch:
        return SiteSearch(first_day=date.fromisoformat(first), last_day=date.fromisoformat(last))

    def period(self, **params: str) -> ranges.Range:
        from zoneinfo import ZoneInfo

        return ranges.parse(params, ZoneInfo("Europe/Berlin"), now=NOW)

    def test_it_ends_where_the_figures_end_and_is_compared_with_as_many_days(self) -> None:
        found = covered(self.period(range="28d"), self.reach("2025-08-01", "2026-11-18"))

        assert found is not None
        assert (found.start, found.end) == (date(2026, 10, 24), date(2026, 11, 18))
        assert found.comparison_days == (date(2026, 9, 28), date(2026, 10, 23))

    def test_a_year_is_compared_with_the_year_before(self) -> None:
        found = covered(self.period(range="year"), self.reach("2024-12-01", "2026-11-18"))

        assert found is not None
        assert found.comparison_days == (date(2025, 1, 1), date(2025, 11, 18))

    def test_nothing_is_compared_with_days_that_are_not_known(self) -> None:
        found = covered(self.period(range="28d"), self.reach("2026-10-10", "2026-11-18"))

        assert found is not None
        assert found.comparison_days is None

    def test_days_that_google_has_not_counted_yet(self) -> None:
        assert covered(self.period(range="today"), self.reach("2025-08-01", "2026-11-18")) is None
        assert covered(self.period(range="7d"), SiteSearch()) is None
