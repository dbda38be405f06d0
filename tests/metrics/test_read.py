"""The doors: values, comparisons, series, tables, for the right people only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from apps.accounts.enums import Role
from apps.accounts.models import Membership, Organization, User
from apps.core.tenancy import tenant, tenants
from apps.metrics import live, read, rollup
from apps.metrics.contracts import Filter, Operator
from apps.metrics.frame import Frame, Viewer
from tests.metrics.conftest import Shop, frame_of

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)  # 14:30 in Berlin
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("_at_now")


@pytest.fixture
def _at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def filled(shop: Shop, organization: Organization) -> Shop:
    """Yesterday 3 orders by 14:30 and one after, today 4 of which one in the running hour."""
    for hours, amount, channel in ((1, "10", "web"), (2, "20", "web"), (5, "30", "store"), (0, "40", "web")):
        shop.add(organization, NOW - hours * HOUR, amount, channel=channel)
    for hours, amount in ((1, "10"), (3, "10"), (4, "10"), (-3, "100")):
        shop.add(organization, NOW - DAY - hours * HOUR, amount, channel="web")
    with tenant(organization.id):
        rollup.backfill(read.registry.get("shop.orders"), organization, 3)
        rollup.backfill(read.registry.get("shop.revenue"), organization, 3)
    return shop


def ask(organization: Organization, **params: Any) -> Frame:
    return frame_of(organization, NOW, **params)


def test_a_value_holds_the_running_hour(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        orders = read.value("shop.orders", ask(organization))
        revenue = read.value("shop.revenue", ask(organization))

    assert (orders.value, orders.text, orders.tone) == (4, "4", "good")
    assert (revenue.value, revenue.text) == (Decimal(100), "€100.00")
    assert revenue.until == NOW


def test_an_open_day_is_compared_with_yesterday_by_this_time(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        orders = read.compare("shop.orders", ask(organization))

    assert (orders.value, orders.previous, orders.direction) == (4, 3, "up")
    assert orders.change == pytest.approx(1 / 3)


def test_the_last_hour_of_the_comparison_counts_by_its_part(filled: Shop, organization: Organization) -> None:
    shop = filled
    shop.add(organization, NOW - DAY + timedelta(minutes=20), "8")
    shop.add(organization, NOW - DAY - timedelta(minutes=10), "8")
    with tenant(organization.id):
        rollup.backfill(read.registry.get("shop.revenue"), organization, 3)
        revenue = read.compare("shop.revenue", ask(organization))

    assert revenue.previous == Decimal(38)


def test_a_ratio_is_worked_out_over_the_whole_period(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        answer = read.compare("shop.order_value", ask(organization))
        nothing = read.compare("shop.order_value", ask(organization, range="custom", **{"from": "2020-01-01",
                                                                                       "to": "2020-01-01"}))

    assert (answer.value, answer.previous) == (Decimal(25), Decimal(10))
    assert (nothing.value, nothing.text, nothing.change, nothing.direction) == (None, "–", None, "flat")


def test_a_series_has_every_bucket_and_none_ahead(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        line = read.series("shop.orders", ask(organization))

    assert len(line.times) == 24
    assert line.open_index == 14
    assert line.values[9:16] == (1, 0, 0, 1, 1, 1, None)
    assert line.comparison[10:18] == (1, 1, 0, 1, 0, 0, 0, 1)
    assert line.times[14].isoformat() == "2026-11-21T14:00:00+01:00"


def test_days_add_up_hours(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        line = read.series("shop.revenue", ask(organization, range="7d", compare="none"))

    assert line.values == (0, 0, 0, 0, 0, Decimal(130), Decimal(100))
    assert line.comparison == ()


def test_a_table_is_ranked_with_shares_and_knows_of_more(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        table = read.breakdown(["shop.revenue", "shop.orders"], ask(organization), by="channel", limit=1)
        rest = read.breakdown(["shop.revenue"], ask(organization), by="channel", limit=5, offset=1)

    (line,) = table.lines
    assert (line.value, line.values["shop.revenue"], line.values["shop.orders"]) == ("web", Decimal(70), 3)
    assert (line.share, table.more) == (0.7, True)
    assert [(row.value, row.share) for row in rest.lines] == [("store", 0.3)]


def test_a_table_by_a_ratio_is_ranked_by_the_ratio(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id):
        table = read.breakdown(["shop.order_value"], ask(organization), by="channel")

    assert [(line.value, line.values["shop.order_value"], line.share) for line in table.lines] == [
        ("store", Decimal(30), None), ("web", Decimal(70) / 3, None),
    ]


def test_a_table_refuses_what_it_cannot_be_broken_down_by(filled: Shop, organization: Organization) -> None:
    with tenant(organization.id), pytest.raises(ValueError, match="cannot be broken down by colour"):
        read.breakdown(["shop.orders"], ask(organization), by="colour")


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [(Operator.IS, ("web",), 3), (Operator.IS_NOT, ("web",), 1), (Operator.CONTAINS, ("STO",), 1),
     (Operator.ONE_OF, ("web", "store"), 4), (Operator.IS, ("",), 0), (Operator.IS_NOT, ("",), 4)],
)
def test_filters_hold_for_counted_and_running_hours(
    filled: Shop, organization: Organization, operator: Operator, values: tuple[str, ...], expected: int
) -> None:
    with tenant(organization.id):
        answer = read.value("shop.orders", ask(organization, filters=(Filter("channel", operator, values),)))

    assert answer.value == expected


def test_an_unknown_channel_is_no_channel(shop: Shop, organization: Organization) -> None:
    shop.add(organization, NOW - HOUR)
    with tenant(organization.id):
        rollup.roll_up(organization, now=NOW)
        nothing = (Filter("channel", Operator.IS, ("",)),)
        not_web = (Filter("channel", Operator.IS_NOT, ("web",)),)

        assert read.value("shop.orders", ask(organization, filters=nothing)).value == 1
        assert read.value("shop.orders", ask(organization, filters=not_web)).value == 1


def test_many_metrics_are_one_query_a_window(
    filled: Shop, organization: Organization, django_assert_num_queries: Any
) -> None:
    keys = ["shop.orders", "shop.revenue", "shop.order_value"]
    frame = ask(organization, range="custom", **{"from": "2026-11-10", "to": "2026-11-16"})

    with tenant(organization.id), django_assert_num_queries(4):
        found = read.page(keys, frame)
    with tenant(organization.id), django_assert_num_queries(4):
        read.page(keys[:1], frame.over(frame.period))

    assert set(found.answers) == set(found.series) == set(keys)


def test_answers_are_kept_until_something_changes(
    filled: Shop, organization: Organization, django_assert_num_queries: Any
) -> None:
    frame = ask(organization)
    with tenant(organization.id):
        read.value("shop.orders", frame)
        with django_assert_num_queries(0):
            assert read.value("shop.orders", frame).value == 4
        filled.add(organization, NOW)
        assert read.value("shop.orders", frame).value == 4
        live.mark_dirty([organization.id], "points")
        assert read.value("shop.orders", frame).value == 5


def test_the_same_question_of_two_tenants_has_two_answers(
    filled: Shop, organization: Organization, other_organization: Organization
) -> None:
    filled.add(other_organization, NOW - timedelta(minutes=1), "7")
    with tenant(organization.id):
        mine = read.value("shop.revenue", ask(organization))
    with tenant(other_organization.id):
        theirs = read.value("shop.revenue", frame_of(other_organization, NOW))
        foreign = read.breakdown(["shop.revenue"], frame_of(other_organization, NOW), by="channel")

    assert (mine.text, theirs.text) == ("€100.00", "$7.00")
    assert [line.values["shop.revenue"] for line in foreign.lines] == [Decimal(7)]


def test_clients_of_an_agency_are_one_query_a_source(
    shop: Shop, agency: Any, django_assert_num_queries: Any
) -> None:
    one, two = agency.clients
    for organization, amount in ((one, "10"), (two, "30"), (agency.organization, "1000")):
        shop.add(organization, NOW - 5 * HOUR, amount)
        rollup.roll_up(organization, now=NOW)
    frame = frame_of(one, NOW)
    both = Frame(period=frame.period, organization_ids=(one.id, two.id), currency="", viewer=frame.viewer)

    with tenants([one.id, two.id]):
        found = read.by_organization(["shop.revenue", "shop.order_value"], both, {one.id: "EUR", two.id: "USD"})

    assert {key: row["shop.revenue"].text for key, row in found.items()} == {one.id: "€10.00", two.id: "$30.00"}
    assert found[two.id]["shop.order_value"].value == Decimal(30)


def test_a_stranger_and_a_role_without_the_right_are_refused(
    filled: Shop, organization: Organization, charlie: User
) -> None:
    stranger = Viewer(user=charlie)
    biller = Viewer(user=charlie, membership=Membership(organization=organization, user=charlie, role=Role.BILLING))
    with tenant(organization.id):
        for viewer in (stranger, biller):
            with pytest.raises(PermissionDenied):
                read.page(["shop.orders"], ask(organization, viewer=viewer))


def test_who_may_see_only_assigned_objects_sees_nothing_of_a_source_without_assignments(
    filled: Shop, organization: Organization, charlie: User
) -> None:
    client = Viewer(user=charlie, membership=Membership(organization=organization, user=charlie, role=Role.CLIENT))
    with tenant(organization.id):
        assert read.value("shop.orders", ask(organization, viewer=client)).value == 0
        assert read.breakdown(["shop.orders"], ask(organization, viewer=client), by="channel").lines == ()


def test_a_member_sees_the_figures(filled: Shop, organization: Organization, bob: User) -> None:
    with tenant(organization.id):
        assert read.value("shop.orders", ask(organization, viewer=Viewer(user=bob))).value == 4
        assert read.value("shop.orders", ask(organization, subjects=(7,))).value == 0


def test_on_the_day_the_clocks_go_back_every_order_is_in_its_hour(shop: Shop, organization: Organization) -> None:
    for minute in range(0, 26 * 60, 30):
        shop.add(organization, datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(minutes=minute), "1")
    with tenant(organization.id):
        rollup.backfill(read.registry.get("shop.orders"), organization, 40)
        autumn = frame_of(organization, NOW, range="custom", **{"from": "2026-10-25", "to": "2026-10-25"})
        line = read.series("shop.orders", autumn)
        total = read.value("shop.orders", autumn)

    assert (line.values, total.value) == ((2,) * 25, 50)
