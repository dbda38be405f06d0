"""What senders should not send and do: it is refused with a reason, or stored as what it means, and costs nobody else
anything."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from apps.analytics.collector.directory import Directory, KnownSite
from apps.analytics.collector.reading import Reading, Refused, read
from apps.analytics.collector.validation import fault_of
from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.models import DeadLetter, Identity, Session, Site
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import Sender, figures, total, view

NOON = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
MOST = 999_999_999_999
DEEP = b"[" * 900 + b"]" * 900


def reading(raw: bytes) -> Reading:
    directory = Directory("")
    directory._sites = {"shop": KnownSite(1, 1, "shop", True, (), SiteSettings.from_json({}), "")}
    return read(raw, directory, None)


@pytest.mark.parametrize(("sent", "title"), [
    (rb"cut \ud83d", "cut \ufffd"),
    (rb"\udeb2 cut", "\ufffd cut"),
    (rb"\ud83d\ud83d\udeb2", "\ufffd🚲"),
    (rb"whole \uD83D\uDEB2", "whole 🚲"),
    (rb"\\ud83d \ud83d", "\\ud83d \ufffd"),
    (rb"\"\\\ud83d", '"\\\ufffd'),
])
def test_half_a_letter_costs_that_letter_only(sent: bytes, title: str) -> None:
    found = reading(b'{"site":"shop","events":[{"name":"a","title":"' + sent + b'"},{"name":"b"}]}')

    [(_site, number, body)] = found.accepted
    assert (number, found.rejected) == (2, [])
    assert [event.get("title") for event in orjson.loads(body)["events"]] == [title, None]


@pytest.mark.parametrize("name", ["\x01\x02", " \x00\t", "\x7f"])
def test_a_name_of_nothing_is_none(name: str) -> None:
    assert fault_of({"name": name}) == ("name", "name must be text of 1 to 64 characters")


def test_what_can_be_read_and_not_written_is_refused_with_a_reason() -> None:
    good = b'{"name":"a","unknown":' + DEEP + b"}"

    assert reading(b'{"site":"shop","events":[' + good + b"]}").events == 1
    with pytest.raises(Refused, match="nested too deeply"):
        reading(b'{"site":"shop","events":[' + good + b',{"name":""}]}')


def purchase(order: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {**view("/thanks"), "name": "purchase", "order_id": order, "revenue": {"amount": amount}, **more}


def test_enormous_orders_take_no_honest_one_with_them(sender: Sender, site: Site) -> None:
    sender.send(NOON, *(purchase(f"o{number}", MOST) for number in range(150)))
    sender.send(NOON, purchase("honest", "10.50"), ip="198.51.100.9")

    day = next(row for (_day, value), row in figures(site, grain=StoreGrain.DAY).items() if value == "")
    assert day["revenue"] == 150 * MOST + Decimal("10.50")
    with tenant(site.organization_id):
        worth = list(Session.objects.order_by("revenue").values_list("revenue", flat=True))
    assert worth == [Decimal("10.50"), Decimal("99999999999999.9999")]


def test_an_item_worth_more_than_an_order_can_be(sender: Sender, site: Site) -> None:
    sender.send(NOON, purchase("gold", 5, items=[{"name": "Gold", "price": MOST // 1000, "quantity": 999_999}]))

    assert total(site, "revenue", Dimension.PRODUCT, "Gold") == 999_999_999 * 999_999
    assert total(site, "revenue") == 5


def test_traits_lose_what_postgresql_cannot_store(sender: Sender, site: Site) -> None:
    sender.send(NOON, {**view(), "name": "identify", "uid": "u1", "traits": {"na\x00me": "A\x00da", "age": 36}})

    with tenant(site.organization_id):
        assert Identity.objects.get().traits == {"name": "Ada", "age": 36}


def test_a_number_that_is_the_pipelines_own_is_not_believed(sender: Sender, site: Site) -> None:
    sender.send(NOON, view(), **{"\0first": "x"})

    assert total(site, "pageviews") == 1
    with every_tenant():
        assert not DeadLetter.objects.exists()
