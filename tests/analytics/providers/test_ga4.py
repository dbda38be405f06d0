"""Google Analytics: it never says no, so what it would drop silently is kept back here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.analytics.providers.base import Skip
from apps.analytics.providers.ga4 import MOST_BYTES, GoogleAnalytics, event_name, together
from tests.analytics.providers import judges_of_messages
from tests.analytics.providers.bench import BY_KEY, account, event, open_bench, payload

ACCOUNT = GoogleAnalytics({"measurement_id": "G-TEST12345"}, {})


def params(**changes: Any) -> dict[str, Any]:
    """What would be sent of a purchase."""
    return ACCOUNT.prepare(event(**changes), "purchase")["events"][0]["params"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Brochure asked for", "Brochure_asked_for"), ("a" * 40, "a" * 40), ("a" * 41, "a" * 40),
        ("größe gewählt", "gr_e_gew_hlt"), ("generate_lead", "generate_lead"), ("Sale 50%", "Sale_50"),
    ],
)
def test_names_are_brought_into_googles_form(name: str, wanted: str) -> None:
    assert event_name(name) == wanted


@pytest.mark.parametrize("name", ["session_start", "User_Engagement", "google_sale", "ga_sale", "firebase_x", "_bad",
                                  "404", "1st", "感谢", "  "])
def test_names_that_google_keeps_or_cannot_take_are_left_out(name: str) -> None:
    with pytest.raises(Skip):
        event_name(name)


@pytest.mark.parametrize(("name", "hours", "taken"), [("fresh", 71, True), ("stale", 73, False)])
def test_seventy_two_hours(name: str, hours: int, taken: bool, settings: Any) -> None:
    """The engine leaves out what is older than `max_age`, and the validation server agrees with it."""
    at = datetime.now(UTC) - timedelta(hours=hours)
    with open_bench(BY_KEY["ga4"], settings) as (vendor, _):
        (result,) = vendor.send([payload(vendor, event(event_id=name, at=at))], test=True).results

    assert result.ok is taken
    assert (vendor.max_age >= timedelta(hours=hours)) is taken
    assert "older than 72 hours" in result.words or taken


def test_time_is_exact_to_the_microsecond() -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC)

    assert ACCOUNT.prepare(event(at=at), "purchase")["timestamp_micros"] == 1_774_749_599_999_999


def test_session_and_attention_let_it_count() -> None:
    found = params(engaged_ms=0)

    assert found["engagement_time_msec"] == 1
    assert found["session_id"].isdigit()
    assert params(props={"ga_session_id": "1700000000", "ga_client_id": "123.456"})["session_id"] == "1700000000"


def test_the_browsers_own_client_goes_first() -> None:
    found = ACCOUNT.prepare(event(props={"ga_client_id": "123.456"}), "purchase")

    assert found["client_id"] == "123.456"
    assert "ga_client_id" not in found["events"][0]["params"]
    cookie = ACCOUNT.prepare(event(props={"ga_client_id": "GA1.1.123.456"}), "purchase")
    assert cookie["client_id"] == "123.456"


def test_our_own_visitors_get_ids_of_googles_form_that_stay() -> None:
    marks = ("a1b2", "a1b2", "c3")
    one, again, other = (ACCOUNT.prepare(event(visitor=mark), "purchase")["client_id"] for mark in marks)

    assert re.fullmatch(r"[1-9]\d*\.[1-9]\d*", one)
    assert one == again != other


def test_consent_is_told() -> None:
    agreed, not_agreed = ACCOUNT.prepare(event(), "purchase"), ACCOUNT.prepare(event(consent=False), "purchase")

    assert agreed["consent"] == {"ad_user_data": "GRANTED", "ad_personalization": "GRANTED"}
    assert agreed["user_id"] == "customer-42"
    assert set(agreed["user_data"]) == {"sha256_email_address", "sha256_phone_number", "address"}
    assert agreed["user_data"]["address"][0]["city"] == "menlo park"
    assert not_agreed["consent"] == {"ad_user_data": "DENIED", "ad_personalization": "DENIED"}
    assert not {"user_id", "user_data"} & not_agreed.keys()


@pytest.mark.parametrize("missing", [{"order_id": ""}, {"value": None}, {"currency": ""}])
def test_a_purchase_needs_number_amount_and_currency(missing: dict[str, Any]) -> None:
    with pytest.raises(Skip):
        params(**missing)


def test_goods_and_limits() -> None:
    many = tuple({"id": f"sku-{n}", "name": "x" * 150, "price": "0.10"} for n in range(250))
    props = {f"own_{n}": "y" * 150 for n in range(40)} | {"k" * 41: 1, "1st": 1, "ga_x": 1, "with space": 1}

    found = params(items=many, props=props, title="t" * 400, url="https://shop.example/" + "u" * 2000)

    assert len(found) == 24
    assert len(found["items"]) == 200
    assert found["items"][0] == {"quantity": 1, "item_id": "sku-0", "item_name": "x" * 100, "price": 0.1}
    assert (len(found["own_0"]), len(found["page_title"]), len(found["page_location"])) == (100, 300, 1000)
    assert judges_of_messages.ga4_faults(
        {"client_id": "1.1", "events": [{"name": "purchase", "params": found}]}
    ) == []


def test_an_amount_that_json_numbers_cannot_hold_is_left_out() -> None:
    with pytest.raises(Skip, match="more digits"):
        params(value=Decimal("12345678901234567.89"))


def test_europe_has_its_own_door(settings: Any) -> None:
    with open_bench(BY_KEY["ga4"], settings) as (_, server):
        settings.GA4_API_URL = "http://127.0.0.1:9"
        vendor = account(BY_KEY["ga4"], server, BY_KEY["ga4"].secrets)
        vendor.config["region"] = "eu"  # type: ignore[index]

        assert vendor.send([payload(vendor, event())]).results[0].ok


def test_the_validation_servers_words_reach_the_owner(settings: Any) -> None:
    with open_bench(BY_KEY["ga4"], settings) as (vendor, server):
        (result,) = vendor.send([payload(vendor, event(value=Decimal("-1")))], test=True).results

    assert not result.ok
    assert result.words == "events.params.value: Value must not be negative. (VALUE_INVALID)"
    assert server.asked[0].body["validation_behavior"] == "ENFORCE_RECOMMENDATIONS"


def bodies(*events: dict[str, Any]) -> list[dict[str, Any]]:
    """What waits of these events, each under another order number."""
    return [ACCOUNT.prepare(event(order_id=str(n), **changes), "purchase") for n, changes in enumerate(events)]


def test_events_of_one_visitor_share_a_request_in_order() -> None:
    waiting = bodies({"visitor": "a"}, {"visitor": "b"}, {"visitor": "a"}, {"visitor": "b"}, {"visitor": "a"})

    assert ACCOUNT.bundles(waiting) == [[0, 2, 4], [1, 3]]


@pytest.mark.parametrize(
    "other", [{"consent": False}, {"uid": "customer-7"}, {"traits": {"email": "new@example.com"}}, {"country": "DE"}],
)
def test_what_google_asks_once_a_request_keeps_events_apart(other: dict[str, Any]) -> None:
    assert ACCOUNT.bundles(bodies({}, other, {})) == [[0, 2], [1]]


def test_twenty_five_events_and_so_many_bytes_a_request() -> None:
    assert [len(bundle) for bundle in ACCOUNT.bundles(bodies(*[{}] * 60))] == [25, 25, 10]
    goods = tuple({"id": f"sku-{n}", "name": "ü" * 100, "price": "1.00"} for n in range(200))
    waiting = bodies(*[{"items": goods}] * 5)

    bundles = ACCOUNT.bundles(waiting)

    assert [place for bundle in bundles for place in bundle] == [0, 1, 2, 3, 4]
    assert len(bundles) > 1
    sizes = [len(json.dumps(together([waiting[n] for n in some]), ensure_ascii=False).encode()) for some in bundles]
    assert max(sizes) <= MOST_BYTES + 1000


def test_each_event_of_a_request_has_its_own_time() -> None:
    first, second = datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC) - timedelta(hours=1)
    waiting = bodies({"at": first}, {"at": second})

    sent = together(waiting)

    stamps = [one["params"]["timestamp_micros"] for one in sent["events"]]
    assert stamps == [waiting[0]["timestamp_micros"], waiting[1]["timestamp_micros"]]
    assert "timestamp_micros" not in sent
    assert sent["client_id"] == waiting[0]["client_id"]
    assert [one["params"]["transaction_id"] for one in sent["events"]] == ["0", "1"]
    assert judges_of_messages.ga4_faults(sent) == []


def test_a_refused_request_is_told_apart_event_by_event(settings: Any) -> None:
    with open_bench(BY_KEY["ga4"], settings) as (vendor, server):
        payloads = [
            payload(vendor, event(event_id=f"e{n}", order_id=str(n), value=Decimal(value)))
            for n, value in enumerate(("1", "-1", "2"))
        ]
        results = vendor.send(payloads, test=True).results

    assert [(one.event_id, one.ok) for one in results] == [("e0", True), ("e1", False), ("e2", True)]
    assert "negative" in results[1].words
    assert len(server.asked) == 4
