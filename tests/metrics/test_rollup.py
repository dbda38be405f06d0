"""Hours are counted whole, again when something changes, and the same however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from apps.accounts.models import Organization
from apps.core.tenancy import every_tenant, tenant
from apps.metrics import registry, rollup, tasks
from apps.metrics.models import FillState, MetricPoint
from tests.metrics.conftest import BERLIN, Shop

NOW = datetime(2026, 11, 21, 13, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def points(organization: Organization) -> list[tuple[Any, ...]]:
    with tenant(organization.id):
        return list(
            MetricPoint.objects.order_by("measure", "hour", "subject", "value")
            .values_list("measure", "hour", "subject", "dims", "value")
        )


def only(shop: Shop, monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setattr(registry, "_metrics", {key: registry.get(key) for key in keys})


def test_closed_hours_become_points_and_nothing_counted_is_no_row(
    shop: Shop, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(shop, monkeypatch, "shop.revenue")
    shop.add(organization, NOW - HOUR, "10", channel="web")
    shop.add(organization, NOW - HOUR, "2.50", channel="web")
    shop.add(organization, NOW - HOUR, "4", channel="store", store=7)
    shop.add(organization, NOW, "99")

    assert rollup.roll_up(organization, now=NOW) == 24

    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert points(organization) == [
        ("shop.revenue", noon, 0, {"channel": "web"}, Decimal("12.5")),
        ("shop.revenue", noon, 7, {"channel": "store"}, Decimal("4")),
    ]


def test_twice_is_the_same_as_once_and_the_second_time_nothing_is_due(shop: Shop, organization: Organization) -> None:
    shop.add(organization, NOW - HOUR, "10")
    rollup.roll_up(organization, now=NOW)
    before = points(organization)

    assert rollup.roll_up(organization, now=NOW) == 0
    with tenant(organization.id):
        for metric in registry.collected():
            rollup.fill_hour(metric, organization, datetime(2026, 11, 21, 12, tzinfo=UTC))

    assert points(organization) == before
    assert len(before) == 3


def test_the_next_hour_is_due_when_it_closes(shop: Shop, organization: Organization) -> None:
    rollup.roll_up(organization, now=NOW)

    assert rollup.roll_up(organization, now=NOW + HOUR) == 3
    assert rollup.roll_up(organization, now=NOW + 4 * HOUR) == 9


@time_machine.travel(NOW, tick=False)
def test_a_late_fact_marks_its_hour_and_the_hour_is_counted_anew(shop: Shop, organization: Organization) -> None:
    shop.add(organization, NOW - 3 * HOUR, "10")
    rollup.roll_up(organization, now=NOW)
    late = shop.add(organization, NOW - 3 * HOUR, "5")
    with tenant(organization.id):
        rollup.mark_hours("shop.revenue", organization, [late.at, late.at + timedelta(minutes=5), NOW])

    assert rollup.roll_up(organization, now=NOW) == 1
    assert [value for measure, *_, value in points(organization) if measure == "shop.revenue"] == [Decimal("15")]


@time_machine.travel(NOW, tick=False)
def test_a_fact_that_went_leaves_no_point(shop: Shop, organization: Organization) -> None:
    sale = shop.add(organization, NOW - HOUR, "10")
    rollup.roll_up(organization, now=NOW)
    shop.sales.remove(sale)
    with tenant(organization.id):
        for metric in registry.collected():
            rollup.mark_hours(metric.key, organization, [sale.at])
    rollup.roll_up(organization, now=NOW)

    assert points(organization) == []


def test_an_hour_that_failed_half_way_keeps_its_old_points_and_is_due(
    shop: Shop, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(shop, monkeypatch, "shop.orders")
    shop.add(organization, NOW - HOUR)
    rollup.roll_up(organization, now=NOW)
    before = points(organization)

    def broken(*args: Any) -> None:
        raise OSError("the disk is full")

    hour = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with tenant(organization.id):
        FillState.objects.filter(hour=hour).update(state="started")
        with monkeypatch.context() as patched:
            patched.setattr(rollup, "_points", broken)
            with pytest.raises(OSError, match="full"):
                rollup.fill_hour(registry.get("shop.orders"), organization, hour)

        assert points(organization) == before
        assert rollup.due_hours(registry.get("shop.orders"), BERLIN, NOW) == [hour]


def test_hours_of_a_zone_at_half_past_start_at_half_past(shop: Shop, organization: Organization) -> None:
    organization.time_zone = "Asia/Kolkata"
    shop.add(organization, datetime(2026, 11, 21, 12, 15, tzinfo=UTC))
    shop.add(organization, datetime(2026, 11, 21, 12, 45, tzinfo=UTC))
    rollup.roll_up(organization, now=datetime(2026, 11, 21, 14, tzinfo=UTC))

    hours = [hour for measure, hour, *_ in points(organization) if measure == "shop.orders"]
    assert hours == [datetime(2026, 11, 21, 11, 30, tzinfo=UTC), datetime(2026, 11, 21, 12, 30, tzinfo=UTC)]


@time_machine.travel(NOW, tick=False)
def test_the_task_counts_each_organization_its_own(
    shop: Shop, organization: Organization, other_organization: Organization
) -> None:
    shop.add(organization, NOW - HOUR, "10")
    shop.add(other_organization, NOW - HOUR, "70")

    assert tasks.roll_up_hours() == 2 * 3 * 24
    assert tasks.roll_up_hours() == 0
    assert {value for measure, *_, value in points(organization) if measure == "shop.revenue"} == {Decimal(10)}
    assert {value for measure, *_, value in points(other_organization) if measure == "shop.revenue"} == {Decimal(70)}


@time_machine.travel(NOW, tick=False)
def test_one_organizations_broken_facts_do_not_stop_the_others(
    shop: Shop, organization: Organization, other_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rollup.roll_up

    def sometimes(found: Organization) -> int:
        if found == organization:
            raise ValueError("a broken fact")
        return real(found)

    monkeypatch.setattr(rollup, "roll_up", sometimes)

    assert tasks.roll_up_hours() == 3 * 24


@time_machine.travel(NOW, tick=False)
def test_the_past_can_be_counted(shop: Shop, organization: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    shop.add(organization, NOW - timedelta(days=5), "10")

    call_command("backfill_metric", "shop.revenue", "--days", "10", "--org", "bakery")
    call_command("backfill_metric", "shop.revenue", "--days", "10")

    assert [value for *_, value in points(organization)] == [Decimal(10)]
    assert "bakery: 240 hours" in capsys.readouterr().out
    with every_tenant():
        assert FillState.objects.count() == 240


@pytest.mark.parametrize("words", [("shop.gone",), ("shop.order_value",), ("shop.revenue", "--org", "nowhere")])
def test_the_command_says_what_it_does_not_know(shop: Shop, organization: Organization, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"shop\.sizes|nowhere"):
        call_command("backfill_metric", *words)
