"""The vendors on the bench, and the events that are put before all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.analytics.providers.base import Destination, Outgoing, Payload, destinations
from tests.analytics.providers import judges, judges_of_messages
from tests.analytics.providers.judges import TOKEN
from tests.analytics.providers.servers import Judge, Vendor, running


@dataclass(frozen=True)
class Bench:
    """One vendor: its server's judge, the settings that lead there, and an account that is good."""

    key: str
    judge: Judge
    settings: tuple[str, ...]
    config: dict[str, Any]
    secrets: dict[str, Any]
    bad_secrets: dict[str, Any] = field(default_factory=dict)
    tells_credentials: bool = True  # whether a wrong credential can be told from the answer, and ends it
    refuses_events: bool = True  # whether single events are refused
    sends_tests: bool = True

    @property
    def vendor(self) -> type[Destination]:
        """The class."""
        return destinations.get(self.key)

    def __str__(self) -> str:
        return self.key


_TOKENS: dict[str, Any] = {"secrets": {"access_token": TOKEN}, "bad_secrets": {"access_token": "wr0ng-t0ken"}}
ALL = [
    Bench("ga4", judges_of_messages.ga4, ("GA4_API_URL", "GA4_EU_API_URL"),
          {"measurement_id": "G-TEST12345", "region": "world"}, {"api_secret": TOKEN}, tells_credentials=False,
          refuses_events=False),
    Bench("meta", judges.meta, ("META_API_URL",), {"pixel_id": "1234567890", "test_event_code": "TEST1"}, **_TOKENS),
    Bench("google_ads", judges.google, ("GOOGLE_DATA_API_URL",),
          {"customer_id": "123-456-7890", "conversion_action": "77", "login_customer_id": ""}, **_TOKENS),
    Bench("tiktok", judges.tiktok, ("TIKTOK_API_URL",), {"pixel_code": "C0DE1234", "test_event_code": "TEST1"},
          **_TOKENS),
    Bench("linkedin", judges.linkedin, ("LINKEDIN_API_URL",), {"conversion_id": "104012"},
          sends_tests=False, **_TOKENS),
    Bench("webhook", judges_of_messages.receiver, (), {"url": "{url}/in?from=mainstay"},
          {"secret": judges_of_messages.SECRET, "previous_secret": ""},
          bad_secrets={"secret": judges_of_messages.OLD_SECRET}, tells_credentials=False, refuses_events=False),
    Bench("slack", judges_of_messages.slack, ("SLACK_API_URL",), {},
          {"webhook_url": "{url}" + judges_of_messages.SLACK_PATH},
          bad_secrets={"webhook_url": "{url}/services/T0001/B0001/wr0ngPart"}, refuses_events=False),
]
BY_KEY = {bench.key: bench for bench in ALL}
every_vendor = pytest.mark.parametrize("bench", ALL, ids=str)

PERSON = {
    "email": " John_Smith@gmail.com ", "phone": "(650)555-1212", "first_name": "Valéry", "last_name": "O'Neill-Smith",
    "street": "Hauptstraße 12", "city": "Menlo Park", "region": "CA", "postcode": "94025-1234", "country": "US",
}
CLICKS = {
    "gclid": "Cj0KCQiA", "fbclid": "IwAR2F4-dbP0l7", "fbp": "fb.1.1700000000000.123", "ttclid": "E.C.P.abc",
    "li_fat_id": "df5gf5-gh6t7-ph4j7h",
}


def event(**changes: Any) -> Outgoing:
    """A purchase of a visitor who agreed, an hour ago, with everything known, in more than one script."""
    base = Outgoing(
        organization_id=1, organization="Alice's Bakery", site_id=7, site="Bäckerei <Alice> & 兄弟",
        event_id="purchase-1001", name="purchase",
        at=datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=1), received_at=datetime.now(UTC),
        url="https://shop.example/danke?o=1001", host="shop.example", path="/danke",
        title="Danke – 感谢", referrer="https://shop.example/kasse", visitor="8412345678901234567",
        session_id=-4611686018427387904, engaged_ms=4200, uid="customer-42", traits=PERSON, ip="203.0.113.9",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", language="de-DE", country="US",
        click_ids=CLICKS, utm={"source": "newsletter"}, consent=True, order_id="1001", value=Decimal("19.8000"),
        currency="EUR", props={"branch": "Berlin", "note": "ü"},
        items=({"id": "sku-1", "name": "Roggenbrot 🍞", "price": "4.90", "quantity": 2, "category": "Brot"},
               {"id": "sku-2", "name": "Käse & Co <frisch>", "price": 10}),
    )
    return replace(base, **changes)


def payload(vendor: Destination, outgoing: Outgoing, name: str = "") -> Payload:
    """The event as the outbox keeps it: prepared without secrets, under the vendor's default name."""
    name = name or vendor.events.get(outgoing.name) or vendor.events.get("*", outgoing.name)
    body = type(vendor)(vendor.config, {}).prepare(outgoing, outgoing.name if name == "*" else name)
    return Payload(outgoing.event_id, outgoing.name, outgoing.at, body)


@contextmanager
def open_bench(bench: Bench, settings: Any) -> Iterator[tuple[Destination, Vendor]]:
    """The vendor's server, and the vendor speaking to it with a good account."""
    with running(bench.key, bench.judge) as server:
        for name in bench.settings:
            setattr(settings, name, server.url)
        settings.OUTBOUND_LOOPBACK_PORTS = frozenset({urlsplit(server.url).port})
        yield account(bench, server, bench.secrets), server


def account(bench: Bench, server: Vendor, secrets: dict[str, Any]) -> Destination:
    """An account at the server."""
    config = {key: value.replace("{url}", server.url) for key, value in bench.config.items()}
    return bench.vendor(config, {key: value.replace("{url}", server.url) for key, value in secrets.items()})
