"""CSV and JSON of a metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.core.tenancy import tenant
from apps.metrics import registry, rollup
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.metrics.conftest import Shop

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _filled(shop: Shop, organization: Organization) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        shop.add(organization, NOW - timedelta(days=1), "10.50", channel="=web")
        shop.add(organization, NOW - timedelta(days=2), "4", channel="store", store=7)
        with tenant(organization.id):
            rollup.backfill(registry.get("shop.revenue"), organization, 4)
        yield


def rows(client: Client, query: str) -> list[list[str]]:
    response = client.get(f"/o/bakery/metrics/shop.revenue.csv?{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_a_series_as_csv(alice: User, client_of: ClientOf) -> None:
    found = rows(client_of(alice), "range=custom&from=2026-11-18&to=2026-11-20&compare=none")

    assert found == [
        ["day", "Revenue"], ["2026-11-18", "0"], ["2026-11-19", "4"], ["2026-11-20", "10.5"],
    ]


def test_a_breakdown_as_csv_cannot_run_as_a_formula(alice: User, client_of: ClientOf) -> None:
    assert rows(client_of(alice), "range=7d&by=channel") == [
        ["channel", "Revenue"], ["'=web", "10.5"], ["store", "4"],
    ]


def test_a_chart_as_json(alice: User, client_of: ClientOf) -> None:
    found = client_of(alice).get("/o/bakery/metrics/shop.revenue.json?range=7d&subject=7").json()

    assert (found["unit"], found["currency"], found["grain"]) == ("money", "EUR", "day")
    assert found["series"][0]["values"] == [0, 0, 0, 0, 4.0, 0, 0]
    assert found["open"] is True


def test_a_breakdown_as_json_with_a_filter(alice: User, client_of: ClientOf) -> None:
    found = client_of(alice).get("/o/bakery/metrics/shop.revenue.json?range=7d&by=channel&f=channel:is:store").json()

    assert (found["categories"], found["series"][0]["values"]) == (["store"], [4.0])


@pytest.mark.parametrize(
    ("path", "status"),
    [("shop.gone.csv", 404), ("shop.revenue.csv?range=soon", 400), ("shop.revenue.csv?f=colour:is:red", 400),
     ("shop.revenue.csv?f=channel", 400), ("shop.revenue.json?subject=x", 400), ("shop.revenue.json?by=colour", 400),
     ("shop.revenue.json?subject=²", 400)],
)
def test_what_cannot_be_read_is_refused(alice: User, client_of: ClientOf, path: str, status: int) -> None:
    assert client_of(alice).get(f"/o/bakery/metrics/{path}").status_code == status


def test_who_may_not_see_figures_gets_none(charlie: User, organization: Organization, client_of: ClientOf) -> None:
    biller = UserFactory()
    MembershipFactory(organization=organization, user=biller, role=Role.BILLING)

    assert client_of(charlie).get("/o/bakery/metrics/shop.revenue.csv").status_code == 404
    assert client_of(biller).get("/o/bakery/metrics/shop.revenue.csv").status_code == 403
