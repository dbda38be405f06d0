"""Signed webhooks, computed anew here from the specification's words, and messages to Slack."""

from __future__ import annotations

import base64
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from apps.analytics.providers.base import Refused
from apps.analytics.providers.slack import Slack, escaped
from apps.analytics.providers.webhook import Webhook, message_id, signature
from apps.core.providers import ProviderError
from tests.analytics.providers.bench import BY_KEY, account, event, open_bench, payload
from tests.analytics.providers.judges_of_messages import OLD_SECRET, SECRET
from tests.analytics.providers.servers import Vendor


def hmac_sha256(key: bytes, text: bytes) -> bytes:
    """RFC 2104 by hand."""
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + text).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()


class TestWebhook:
    def test_the_signature_is_the_specifications(self) -> None:
        """The example of the Standard Webhooks reference libraries."""
        key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')

        assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        by_hand = hmac_sha256(key, b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}')
        assert base64.b64decode(signed.removeprefix("v1,")) == by_hand

    def test_the_raw_bytes_are_signed(self, settings: Any) -> None:
        with open_bench(BY_KEY["webhook"], settings) as (vendor, server):
            vendor.send([payload(vendor, event())])

        asked = server.asked[0]
        text = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.raw
        wanted = base64.b64encode(hmac_sha256(base64.b64decode(SECRET[6:]), text)).decode()
        assert asked.headers["webhook-signature"] == f"v1,{wanted}"
        assert asked.headers["webhook-id"] == "purchase-1001"
        assert "Roggenbrot 🍞".encode() in asked.raw

    def test_while_a_secret_changes_both_sign(self, settings: Any) -> None:
        with open_bench(BY_KEY["webhook"], settings) as (_, server):
            secrets = {"secret": OLD_SECRET, "previous_secret": SECRET}
            vendor = account(BY_KEY["webhook"], server, secrets)

            assert vendor.send([payload(vendor, event())]).results[0].ok
            assert len(server.asked[0].headers["webhook-signature"].split(" ")) == 2

    def test_the_event_in_our_own_words(self) -> None:
        found = Webhook({}, {}).prepare(event(), "purchase")

        assert found["type"] == "purchase"
        assert found["timestamp"].endswith("Z")
        data = found["data"]
        assert (data["value"], data["currency"], data["order_id"]) == ("19.8000", "EUR", "1001")
        assert set(data["person"]) == {"email_sha256", "phone_sha256"}
        assert data["items"][1]["name"] == "Käse & Co <frisch>"

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64!", "whsec_" + "A" * 200])
    def test_a_secret_that_is_none(self, secret: str, settings: Any) -> None:
        with open_bench(BY_KEY["webhook"], settings) as (_, server):
            vendor = account(BY_KEY["webhook"], server, {"secret": secret})
            with pytest.raises(ProviderError, match="24 to 64 bytes") as failed:
                vendor.check()

        assert failed.value.permanent
        assert server.asked == []

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9/in", "http://10.0.0.1/in", "http://169.254.169.254/latest",
                                     "http://[::1]/in", "file:///etc/passwd"])
    def test_private_networks_are_out_of_reach(self, url: str) -> None:
        vendor = Webhook({"url": url}, {"secret": SECRET})
        with pytest.raises(Refused) as failed:
            vendor.send([payload(vendor, event())])

        assert failed.value.permanent

    def test_redirects_are_not_followed(self, settings: Any) -> None:
        bench = BY_KEY["webhook"]
        with open_bench(bench, settings) as (vendor, server):
            server.judge = lambda asked: (307, {"location": "/elsewhere"}, "")
            with pytest.raises(Refused) as failed:
                vendor.send([payload(vendor, event())])

        assert not failed.value.permanent
        assert len(server.asked) == 1

    @pytest.mark.parametrize(("status", "permanent"), [(400, False), (404, False), (410, True), (422, False)])
    def test_only_gone_is_for_good(self, status: int, permanent: bool, settings: Any) -> None:
        with open_bench(BY_KEY["webhook"], settings) as (vendor, server):
            server.judge = lambda asked: (status, {}, "no")
            with pytest.raises(Refused) as failed:
                vendor.send([payload(vendor, event())])

        assert failed.value.permanent is permanent
        assert str(status) in str(failed.value)

    def test_ids_that_cannot_stand_in_a_header(self) -> None:
        assert message_id("purchase-1001") == "purchase-1001"
        assert message_id("Bestellung №1") == message_id("Bestellung №1")
        assert message_id("Bestellung №1").startswith("msg_")
        assert message_id("a.b") != message_id("a,b")


class TestSlack:
    def test_one_readable_message(self) -> None:
        with translation.override("en"):
            text = Slack({}, {}).prepare(event(), "purchase")["text"]

        assert text == (
            "*New order* · Bäckerei &lt;Alice&gt; &amp; 兄弟\n"
            "€19.80 · order 1001 · from newsletter\n"
            "• 2 × Roggenbrot 🍞\n"
            "• Käse &amp; Co &lt;frisch&gt;\n"
            "`shop.example/danke`"
        )

    def test_nothing_of_the_visitor_is_in_it(self) -> None:
        text = json.dumps(Slack({}, {}).prepare(event(), "purchase"))

        for part in ("gmail", "203.0.113", "customer-42", "8412345678901234567", "Firefox"):
            assert part not in text

    def test_amounts_as_people_write_them(self) -> None:
        with translation.override("de"):
            assert "1.234,56" in Slack({}, {}).prepare(event(value=Decimal("1234.56")), "purchase")["text"]

    def test_many_goods_are_counted(self) -> None:
        goods = tuple({"name": f"Bread {n}", "quantity": 1} for n in range(8))

        lines = Slack({}, {}).prepare(event(items=goods), "purchase")["text"].split("\n")

        assert len([line for line in lines if line.startswith("•")]) == 5
        assert "and 3 more" in lines

    def test_slacks_control_characters(self) -> None:
        assert escaped("<!channel> & <http://evil|click>\nnext") == (
            "&lt;!channel&gt; &amp; &lt;http://evil|click&gt; next"
        )

    @pytest.mark.parametrize("url", ["https://evil.example/services/T/B/x", "https://hooks.slack.com.evil.example/services/x",
                                     "https://hooks.slack.com/other", "", "http://hooks.slack.com/services/T/B/x"])
    def test_only_slack_is_spoken_to(self, url: str) -> None:
        vendor = Slack({}, {"webhook_url": url})
        with pytest.raises(ProviderError, match=r"hooks\.slack\.com") as failed:
            vendor.send([payload(vendor, event())])

        assert failed.value.permanent

    def test_connecting_shows_in_the_channel(self, settings: Any) -> None:
        server: Vendor
        with open_bench(BY_KEY["slack"], settings) as (vendor, server):
            vendor.check()

        assert server.asked[0].body == {"text": "Mainstay is connected to this channel."}
