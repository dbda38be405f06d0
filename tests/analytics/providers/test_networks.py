"""Meta, TikTok, LinkedIn and Google Ads: what stands in their events."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.analytics.providers import hashing
from apps.analytics.providers.base import Destination, Skip
from tests.analytics.providers.bench import BY_KEY, CLICKS, PERSON, event, open_bench, payload
from tests.analytics.providers.test_hashing import MAIL, PHONE

AT = datetime(2026, 11, 20, 10, 30, 0, 250_000, tzinfo=UTC)


def vendor(key: str, **config: Any) -> Destination:
    """An account without secrets, as it prepares events."""
    return BY_KEY[key].vendor({**BY_KEY[key].config, **config}, {})


class TestMeta:
    def test_an_event_of_somebody_who_agreed(self) -> None:
        found = vendor("meta").prepare(event(at=AT), "Purchase")

        user = found["user_data"]
        assert (user["em"], user["ph"]) == ([MAIL], [PHONE])
        assert user["fn"] == ["08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"]
        assert user["fbc"] == "fb.1.1795170600250.IwAR2F4-dbP0l7"
        assert (user["client_ip_address"], user["fbp"]) == ("203.0.113.9", CLICKS["fbp"])
        assert (found["event_id"], found["event_time"]) == ("purchase-1001", 1_795_170_600)
        assert found["action_source"] == "website"
        assert found["custom_data"] == {
            "value": 19.8, "currency": "EUR", "order_id": "1001", "content_type": "product", "num_items": 3,
            "content_ids": ["sku-1", "sku-2"],
            "contents": [{"id": "sku-1", "quantity": 2, "item_price": 4.9},
                         {"id": "sku-2", "quantity": 1, "item_price": 10}],
        }

    def test_the_pixels_own_click_mark_goes_first(self) -> None:
        found = vendor("meta").prepare(event(click_ids={**CLICKS, "fbc": "fb.1.1700000000000.own"}), "Purchase")

        assert found["user_data"]["fbc"] == "fb.1.1700000000000.own"

    def test_hashed_already(self) -> None:
        found = vendor("meta").prepare(event(traits={"email": MAIL.upper()}), "Purchase")

        assert found["user_data"]["em"] == [MAIL]

    def test_from_a_server_without_a_browser(self) -> None:
        found = vendor("meta").prepare(event(user_agent="", url="", server_side=True), "Purchase")

        assert found["action_source"] == "system_generated"

    def test_limited_data_use(self) -> None:
        assert "data_processing_options" not in vendor("meta").prepare(event(), "Purchase")
        found = vendor("meta", limited_data_use=True).prepare(event(), "Purchase")
        assert found["data_processing_options"] == ["LDU"]
        assert (found["data_processing_options_country"], found["data_processing_options_state"]) == (0, 0)

    def test_a_page_view_needs_no_amount_but_a_purchase_does(self) -> None:
        assert "custom_data" not in vendor("meta").prepare(
            event(name="pageview", value=None, currency="", order_id="", items=()), "PageView"
        )
        with pytest.raises(Skip):
            vendor("meta").prepare(event(name="order", value=None), "Purchase")

    def test_a_test_without_its_code_is_not_sent(self, settings: Any) -> None:
        with open_bench(BY_KEY["meta"], settings) as (found, server):
            found.config["test_event_code"] = ""  # type: ignore[index]
            (result,) = found.send([payload(found, event())], test=True).results

        assert not result.ok
        assert "Test events" in result.words
        assert server.asked == []


class TestTikTok:
    def test_an_event_of_somebody_who_agreed(self) -> None:
        found = vendor("tiktok").prepare(event(at=AT), "Purchase")

        assert found["user"]["email"] == MAIL
        assert len(found["user"]["phone"]) == 64
        assert found["user"]["phone"] != PHONE  # with the plus sign here
        assert (found["user"]["city"], found["user"]["ttclid"]) == ("menlopark", "E.C.P.abc")
        assert not found["limited_data_use"]
        assert found["properties"]["contents"][0] == {
            "quantity": 2, "content_id": "sku-1", "content_name": "Roggenbrot 🍞", "content_category": "Brot",
            "price": 4.9,
        }

    def test_without_consent_its_use_is_limited(self) -> None:
        found = vendor("tiktok").prepare(event(consent=False), "Purchase")

        assert found["limited_data_use"]
        assert set(found["user"]) == {"ttclid", "user_agent", "locale"}


class TestLinkedIn:
    def test_who_and_how_much(self) -> None:
        found = vendor("linkedin").prepare(event(at=AT, value=Decimal("99999999999.9900")), "purchase")

        assert found == {
            "conversion": "urn:lla:llaPartnerConversion:104012", "conversionHappenedAt": 1_795_170_600_250,
            "eventId": "purchase-1001", "conversionValue": {"currencyCode": "EUR", "amount": "99999999999.9900"},
            "user": {"userIds": [
                {"idType": "SHA256_EMAIL", "idValue": MAIL},
                {"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": "df5gf5-gh6t7-ph4j7h"},
            ]},
        }

    def test_another_conversion_by_its_id(self) -> None:
        assert vendor("linkedin").prepare(event(), "777")["conversion"] == "urn:lla:llaPartnerConversion:777"

    @pytest.mark.parametrize("changes", [{"traits": {}}, {"consent": False}, {"traits": {"email": "nobody"}}])
    def test_nobody_to_match(self, changes: dict[str, Any]) -> None:
        with pytest.raises(Skip):
            vendor("linkedin").prepare(event(click_ids={}, **changes), "purchase")


class TestGoogleAds:
    def test_a_conversion(self) -> None:
        found = vendor("google_ads").prepare(event(at=AT), "purchase")

        assert found["action"] == "77"
        one = found["event"]
        assert (one["transactionId"], one["eventTimestamp"]) == ("1001", "2026-11-20T10:30:00.250000Z")
        assert one["consent"] == {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
        assert one["adIdentifiers"] == {"gclid": "Cj0KCQiA"}
        assert (one["conversionValue"], one["currency"]) == (19.8, "EUR")
        kinds = [next(iter(entry)) for entry in one["userData"]["userIdentifiers"]]
        assert kinds == ["emailAddress", "phoneNumber", "address"]
        address = one["userData"]["userIdentifiers"][2]["address"]
        assert address["postalCode"] == PERSON["postcode"]
        assert address["familyName"] == hashing.sha256("o'neill-smith")  # other networks leave punctuation out
        assert one["cartData"]["items"][0] == {"merchantProductId": "sku-1", "quantity": 2, "unitPrice": 4.9}

    @pytest.mark.parametrize("mark", ["gbraid", "wbraid"])
    def test_marks_that_stand_alone(self, mark: str) -> None:
        one = vendor("google_ads").prepare(event(click_ids={mark: "x"}), "purchase")["event"]

        assert one["adIdentifiers"] == {mark: "x"}
        assert "userData" not in one

    def test_without_consent_only_the_click_is_told(self) -> None:
        one = vendor("google_ads").prepare(event(consent=False), "purchase")["event"]

        assert one["consent"]["adUserData"] == "CONSENT_DENIED"
        assert "userData" not in one
        with pytest.raises(Skip):
            vendor("google_ads").prepare(event(consent=False, click_ids={}), "purchase")

    def test_actions_of_one_batch(self, settings: Any) -> None:
        with open_bench(BY_KEY["google_ads"], settings) as (found, server):
            found.config["login_customer_id"] = "999-888-7777"  # type: ignore[index]
            payloads = [payload(found, event(event_id="a")), payload(found, event(event_id="b"), "88")]

            assert [result.ok for result in found.send(payloads).results] == [True, True]

        body = server.asked[0].body
        assert [entry["productDestinationId"] for entry in body["destinations"]] == ["77", "88"]
        assert body["destinations"][0]["loginAccount"] == {"accountType": "GOOGLE_ADS", "accountId": "9998887777"}
        assert [one["destinationReferences"] for one in body["events"]] == [["77"], ["88"]]

    def test_it_is_signed_in_to(self) -> None:
        google: Any = BY_KEY["google_ads"].vendor

        assert google.scopes == ("https://www.googleapis.com/auth/datamanager",)
        assert google.extra_params["access_type"] == "offline"
