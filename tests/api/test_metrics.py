"""Numbers through the API are the numbers of `metrics.read`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization, User
from apps.core.tenancy import tenant
from apps.metrics import registry
from apps.metrics.models import MetricPoint
from apps.metrics.registry import Metric, Unit

Caller = Callable[..., APIClient]
HERE = "/api/v1/organizations/bakery/metrics/"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """A metric that counted 3 yesterday at one channel and 2 at another."""
    known = dict(registry._metrics)
    monkeypatch.setattr(registry, "_metrics", known)
    registry.register(
        Metric(key="test.sales", label="Sales", help="What was sold.", unit=Unit.COUNT, by=("channel", "country"),
               collect=lambda _window: [])
    )  # fmt: skip
    return "test.sales"


@pytest.fixture
def sold(organization: Organization) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    with tenant(organization.pk):
        for channel, amount in (("shop", 3), ("post", 2)):
            MetricPoint.objects.create(
                measure="test.sales", hour=yesterday, dims={"channel": channel}, value=amount
            )


def test_list(api: Caller, alice: User) -> None:
    body = api(alice).get(HERE).json()

    assert [item["key"] for item in body] == [metric.key for metric in registry.all_metrics()]
    assert all(item["label"] and item["help"] and item["unit"] for item in body)


def test_value(api: Caller, alice: User, key: str, sold: None) -> None:
    body = api(alice).get(f"{HERE}{key}/value/?range=7d").json()

    assert (body["key"], body["value"], body["text"]) == (key, 5, "5")
    assert (body["unit"], body["currency"], body["previous"]) == ("count", None, 0)
    assert set(body) == {"key", "unit", "currency", "value", "text", "previous", "change", "until"}


def test_series(api: Caller, alice: User, key: str, sold: None) -> None:
    body = api(alice).get(f"{HERE}{key}/series/?range=7d&grain=day").json()

    assert body["grain"] == "day"
    assert len(body["times"]) == len(body["values"]) == 7
    assert body["open_index"] == 6
    assert sum(value or 0 for value in body["values"]) == 5


def test_breakdown(api: Caller, alice: User, key: str, sold: None) -> None:
    body = api(alice).get(f"{HERE}{key}/breakdown/?by=channel&range=7d&limit=1").json()

    assert body["rows"] == [{"value": "shop", "amount": 3, "share": 0.6}]
    assert body["more"] is True


def test_filter(api: Caller, alice: User, key: str, sold: None) -> None:
    assert api(alice).get(f"{HERE}{key}/value/?range=7d&f=channel:is:post").json()["value"] == 2


@pytest.mark.parametrize(
    "query",
    ["range=never", "range=custom&from=x", "compare=moon", "grain=hour&range=12m", "subject=x", "f=nonsense",
     "f=country:is:" + "x" * 501, "f=password:is:x"],
)  # fmt: skip
def test_what_cannot_be_read(api: Caller, alice: User, key: str, query: str) -> None:
    assert api(alice).get(f"{HERE}{key}/value/?{query}").status_code == 400


def test_breakdown_by_nothing_known(api: Caller, alice: User, key: str) -> None:
    assert api(alice).get(f"{HERE}{key}/breakdown/?by=shoe_size").status_code == 400
    assert api(alice).get(f"{HERE}{key}/breakdown/").status_code == 400


def test_unknown_metric(api: Caller, alice: User) -> None:
    assert api(alice).get(f"{HERE}no.such/value/").status_code == 404


def test_by_key(api: Caller, make_key: Callable[..., str], organization: Organization, key: str) -> None:
    assert api(key=make_key(organization, "read")).get(f"{HERE}{key}/value/").status_code == 200
    assert api(key=make_key(organization, "track")).get(f"{HERE}{key}/value/").status_code == 403
