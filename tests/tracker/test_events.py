"""What a page says itself: events, the shop, who somebody is; and that a bad call harms nobody."""

from __future__ import annotations

import pytest

from tests.tracker.conftest import STUB, Visit
from tests.tracker.recorder import Recorder

ITEM = {"id": "sku-1", "name": "Rye bread", "price": "4.90", "quantity": 2, "category": "Bread"}


def test_custom_event_is_copied_when_it_is_said(recorder: Recorder, visit: Visit) -> None:
    page = visit(path="/plans")

    page.evaluate(
        """() => {
            const props = { plan: "pro", seats: 3, trial: true };
            mainstay("track", "Chose", props);
            props.plan = "no";
        }"""
    )

    (event,) = recorder.wait("Chose")
    assert event["props"] == {"plan": "pro", "seats": 3, "trial": True}
    assert event["url"] == recorder.url("/plans")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("viewItem", "view_item"),
        ("addToCart", "add_to_cart"),
        ("beginCheckout", "begin_checkout"),
        ("purchase", "purchase"),
    ],
)
def test_shop(recorder: Recorder, visit: Visit, command: str, name: str) -> None:
    page = visit()
    sale = {"revenue": "9.80", "currency": "EUR", "items": [ITEM], "props": {"coupon": "SPRING"}}

    page.evaluate("([command, sale]) => mainstay(command, sale)", [command, sale])

    (event,) = recorder.wait(name)
    assert event["revenue"] == {"amount": "9.80", "currency": "EUR"}
    assert event["items"] == [ITEM]
    assert event["props"] == {"coupon": "SPRING"}


def test_purchase_keeps_its_id_when_the_thank_you_page_is_opened_again(recorder: Recorder, visit: Visit) -> None:
    page = visit(
        """<script>
            const order = { order_id: 1001, revenue: 12.5, currency: "USD" };
            addEventListener("load", () => mainstay("purchase", order));
        </script>"""
    )
    recorder.wait("purchase")

    page.reload()

    recorder.wait("purchase", 2)
    assert {event["id"] for event in recorder.named("purchase")} == {"purchase-1001"}
    assert {event["order_id"] for event in recorder.named("purchase")} == {1001}
    assert recorder.named("purchase")[0]["revenue"] == {"amount": "12.5", "currency": "USD"}


def test_very_long_order_number_still_makes_a_valid_id(recorder: Recorder, visit: Visit) -> None:
    page = visit()

    page.evaluate("mainstay('purchase', { order_id: 'x'.repeat(100), revenue: '1.00', currency: 'EUR' })")

    (event,) = recorder.wait("purchase")
    assert len(event["id"]) == 64
    assert event["order_id"] == "x" * 100


def test_identify_marks_what_follows_until_signed_out(recorder: Recorder, visit: Visit) -> None:
    page = visit()

    page.evaluate(
        """() => {
            mainstay("track", "before");
            mainstay("identify", 42, { plan: "pro" });
            mainstay("track", "during");
            mainstay("identify", null);
            mainstay("track", "after");
        }"""
    )

    recorder.wait("after")
    assert [event.get("uid") for event in recorder.events] == [None, None, "42", "42", None]
    assert recorder.named("identify")[0]["traits"] == {"plan": "pro"}


def test_calls_made_before_the_script_was_there_are_honoured(recorder: Recorder, visit: Visit) -> None:
    visit(head=f"<script>{STUB};mainstay('identify', 'u1'); mainstay('track', 'early', {{ n: 1 }})</script>")

    (early,) = recorder.wait("early")

    assert (early["uid"], early["props"]) == ("u1", {"n": 1})
    assert [event["name"] for event in recorder.events] == ["pageview", "identify", "early"]


def test_bad_calls_neither_throw_nor_harm_other_events(recorder: Recorder, visit: Visit) -> None:
    page = visit()

    page.evaluate(
        """() => {
            const circle = {}; circle.self = circle;
            mainstay();
            mainstay(null, 1);
            mainstay("track", "circle", circle);
            mainstay("track", "big", { n: 1n });
            mainstay("purchase", null);
            mainstay("track", "fine");
        }"""
    )

    recorder.wait("fine")
    assert [event["name"] for event in recorder.events] == ["pageview", "fine"]


def test_page_without_modern_crypto_still_gets_distinct_ids(recorder: Recorder, visit: Visit) -> None:
    page = visit(host="www.shop.example")

    page.evaluate("for (let i = 0; i < 50; i++) mainstay('track', 'many')")

    recorder.wait("many", 50)
    assert page.evaluate("typeof crypto.randomUUID") == "undefined"
    assert len({event["id"] for event in recorder.events}) == 51
