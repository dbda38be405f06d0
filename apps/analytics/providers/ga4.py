"""Google Analytics 4 by the Measurement Protocol (developers.google.com/analytics/devguides/collection/protocol/ga4).

Google answers 2xx whatever it was sent, so the rules it would break silently are kept here, and a test goes to its
validation server. A request speaks of one visitor: their events share one, each with its own time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers import amounts, hashing
from apps.analytics.providers.answers import Answer, ask, one_by_one, refused, taken
from apps.analytics.providers.base import EVERY, Destination, Outgoing, Payload, Report, Skip, destinations
from apps.core.providers import ProviderError, ProviderField

LONGEST_NAME = 40
LONGEST_VALUE = 100
MOST_PARAMS = 24  # Google's 25 without the event's own time, which it needs beside others
MOST_ITEMS = 200
MOST_BYTES = 120_000  # Google's 130 kB, with some to spare
_LONGER = {"page_location": 1000, "page_referrer": 420, "page_title": 300}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CLIENT = re.compile(r"(?:GA[0-9]+\.[0-9]+\.)?([0-9]+\.[0-9]+)")  # also as it stands in its cookie
_RESERVED_PREFIXES = ("_", "firebase_", "ga_", "google_", "gtag.")
_RESERVED_NAMES = frozenset({
    "ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure", "app_background",
    "app_clear_data", "app_exception", "app_remove", "app_store_refund", "app_store_subscription_cancel",
    "app_store_subscription_convert", "app_store_subscription_renew", "app_update", "app_upgrade",
    "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "first_open",
    "first_visit", "in_app_purchase", "notification_dismiss", "notification_foreground", "notification_open",
    "notification_receive", "os_update", "session_start", "session_start_with_rollout", "user_engagement",
})
_SALES = frozenset({"purchase", "refund", "add_to_cart", "begin_checkout", "view_item"})


@destinations.register
class GoogleAnalytics(Destination):
    """A web data stream of a GA4 property."""

    key = "ga4"
    label = "Google Analytics 4"
    icon = "chart-column"
    help = _("In Google Analytics: Admin → Data streams → your web stream.")
    fields = (
        ProviderField("measurement_id", _("Measurement ID"),
                      help=_("Begins with G- and stands at the top of the stream.")),
        ProviderField(
            "api_secret", _("API secret"), kind="secret",
            help=_("On the same page: Measurement Protocol API secrets → Create. Google never says that a secret is "
                   "wrong: copy it with care, and look for the events in Realtime."),
        ),
        ProviderField(
            "region", _("Where Google collects the events"), kind="choice", default="world",
            choices=(("world", _("Anywhere")), ("eu", _("In the European Union"))),
        ),
    )
    events = {
        "pageview": "page_view", "view_item": "view_item", "add_to_cart": "add_to_cart",
        "begin_checkout": "begin_checkout", "purchase": "purchase", "lead": "generate_lead", "sign_up": "sign_up",
        EVERY: EVERY,
    }
    suggestions = ("page_view", "view_item", "add_to_cart", "begin_checkout", "purchase", "generate_lead", "sign_up",
                   "login", "search")
    max_age = timedelta(hours=72)
    batch = 25
    per_second = 50.0
    parallel = 4
    deduplicates = False
    caveat = _("Google takes whatever it is sent: “Delivered” says that Google has the event, not what it made of it. "
               "“Try it out” asks its validation server.")

    def check(self) -> str:
        """Google's validation server takes an event of this stream; it looks at everything but the secret."""
        found = str(self.config.get("measurement_id", "")).strip()
        if not re.fullmatch(r"G-[A-Z0-9]{4,20}", found):
            raise ProviderError(_t("A measurement ID looks like G-ABC1234567."), permanent=True)
        sample = {"client_id": "1.1", "events": [{"name": "mainstay_check", "params": {}}]}
        answer = self._post("/debug/mp/collect", sample)
        if words := _complaints(answer):
            raise answer.failure(words, permanent=True)
        return found

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """One event of one visitor, with Google's names and limits kept."""
        name = event_name(name)
        client = _client(event)
        params = _params(event, name)
        agreed = "GRANTED" if event.consent else "DENIED"
        found: dict[str, Any] = {
            "client_id": client, "timestamp_micros": int(event.at.timestamp()) * 1_000_000 + event.at.microsecond,
            "consent": {"ad_user_data": agreed, "ad_personalization": agreed},
            "events": [{"name": name, "params": params}],
        }
        if event.uid and event.consent:
            found["user_id"] = event.uid
        if people := _people(event):
            found["user_data"] = people
        if event.country:
            found["user_location"] = {"country_id": event.country}
        return found

    @classmethod
    def counts_once(cls, body: Mapping[str, Any]) -> bool:
        """Google knows no ids, but an order by its number."""
        return all(event["name"] == "purchase" for event in body.get("events", ()))

    def bundles(self, bodies: Sequence[Mapping[str, Any]]) -> list[list[int]]:
        """Events of the same visitor in order, as long as everything Google asks once a request is the same: the ids,
        consent, what is known of the person, the country."""
        found: list[list[int]] = []
        open_at: dict[str, tuple[list[int], int]] = {}
        for place, body in enumerate(bodies):
            key = json.dumps(_shared(body), sort_keys=True)
            size = len(json.dumps(body, ensure_ascii=False).encode())
            bundle, bytes_ = open_at.get(key, ([], 0))
            if not bundle or len(bundle) >= self.batch or bytes_ + size > MOST_BYTES:
                bundle, bytes_ = [], 0
                found.append(bundle)
            bundle.append(place)
            open_at[key] = bundle, bytes_ + size
        return found

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST to the collector; a test goes to the validation server, which counts nothing. Either takes or refuses a
        request as a whole: one that is refused is told apart event by event."""
        body = together([payload.body for payload in payloads])
        if test:
            answer = self._post("/debug/mp/collect", body | {"validation_behavior": "ENFORCE_RECOMMENDATIONS"})
            words = _complaints(answer)
        else:
            answer = self._post("/mp/collect", body)
            words = _t("The event is larger than Google Analytics takes.") if answer.status == 413 else ""
        if not words:
            return Report(taken(payloads), answer.exchange)
        if len(payloads) == 1:
            return Report(refused(payloads, words), answer.exchange)
        return one_by_one(payloads, lambda some: self.send(some, test=test), answer.exchange)

    def _post(self, path: str, body: dict[str, Any]) -> Answer:
        secret = str(self.secrets.get("api_secret", ""))
        query = urlencode({"measurement_id": str(self.config.get("measurement_id", "")).strip(), "api_secret": secret})
        base = settings.GA4_EU_API_URL if self.config.get("region") == "eu" else settings.GA4_API_URL
        answer = ask("Google Analytics", "POST", f"{base}{path}?{query}", body=body, secrets=(secret,))
        if answer.refusal:
            raise answer.refusal
        is_page = "<" in answer.exchange.answer[:1] or "html" in answer.headers.get("content-type", "")
        is_verdict = "validationMessages" in answer.body or not path.startswith("/debug")
        if is_page or not is_verdict or not (answer.ok or answer.status == 413):
            raise answer.unreadable()
        return answer


def together(bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Prepared events of one bundle as one request. Beside others each carries its own time."""
    if len(bodies) == 1:
        return dict(bodies[0])
    events = [
        {**event, "params": {**event["params"], "timestamp_micros": body["timestamp_micros"]}}
        for body in bodies for event in body["events"]
    ]
    return {**_shared(bodies[0]), "events": events}


def _shared(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in {"events", "timestamp_micros"}}


def _client(event: Outgoing) -> str:
    """Who it was, as Google's own tag would say it: two numbers with a point between."""
    client = str(event.props.get("ga_client_id") or event.visitor)
    if not client:
        raise Skip(_t("Google Analytics takes no event without a visitor."))
    if given := _CLIENT.fullmatch(client):
        return given[1]
    mark = int(hashing.sha256(client)[:15], 16)
    return f"{(mark >> 30) + 1}.{(mark & (2**30 - 1)) + 1}"


def event_name(name: str) -> str:
    """The name as Google takes it: letters, digits and underscores, 40 at most; raises Skip for one it keeps itself."""
    found = re.sub(r"[^A-Za-z0-9_]+", "_", name.strip()).strip("_")[:LONGEST_NAME]
    if not _NAME.fullmatch(found):
        words = _t("Google Analytics takes names that begin with a letter A–Z: “%(name)s” has none.")
        raise Skip(words % {"name": name})
    lowered = found.lower()
    if lowered in _RESERVED_NAMES or name.strip().lower().startswith(_RESERVED_PREFIXES):
        raise Skip(_t("Google Analytics keeps the name “%(name)s” for itself.") % {"name": name})
    return found


def _params(event: Outgoing, name: str) -> dict[str, Any]:
    params: dict[str, Any] = {"engagement_time_msec": max(1, event.engaged_ms)}
    if session := str(event.props.get("ga_session_id") or (event.session_id & (2**63 - 1) or "")):
        params["session_id"] = session
    texts = {"page_location": event.url, "page_title": event.title, "page_referrer": event.referrer,
             "language": event.language}
    params.update({key: value[: _LONGER.get(key, LONGEST_VALUE)] for key, value in texts.items() if value})
    params.update(_sale(event, name))
    for key, value in event.props.items():
        if len(params) >= MOST_PARAMS:
            break
        if _is_own(key, value) and key not in params:
            params[key] = value[:LONGEST_VALUE] if isinstance(value, str) else value
    return params


def _sale(event: Outgoing, name: str) -> dict[str, Any]:
    if name == "purchase" and not event.order_id:
        raise Skip(_t("The purchase has no order number."))
    found = amounts.money(event)
    if event.order_id:
        found["transaction_id"] = event.order_id[:LONGEST_VALUE]
    if name in _SALES or event.items:
        found["items"] = [_item(item) for item in event.items[:MOST_ITEMS] if item.get("id") or item.get("name")]
    return found


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"quantity": amounts.quantity(item)}
    for ours, theirs in (("id", "item_id"), ("name", "item_name"), ("category", "item_category")):
        if item.get(ours):
            found[theirs] = str(item[ours])[:LONGEST_VALUE]
    if (price := amounts.price(item)) is not None:
        found["price"] = price
    return found


def _is_own(key: str, value: Any) -> bool:
    named = len(key) <= LONGEST_NAME and _NAME.fullmatch(key) and not key.lower().startswith(_RESERVED_PREFIXES)
    return bool(named) and isinstance(value, str | int | float) and value != ""


def _people(event: Outgoing) -> dict[str, Any]:
    """Traits in the form of Google's user-provided data; only of visitors who agreed."""
    traits = event.traits if event.consent else {}
    country = traits.get("country") or event.country
    found: dict[str, Any] = {}
    if mail := hashing.hashed(traits.get("email", ""), hashing.google_email):
        found["sha256_email_address"] = [mail]
    if phone := hashing.hashed(traits.get("phone", ""), lambda value: hashing.phone(value, country)):
        found["sha256_phone_number"] = [phone]
    address = {
        "sha256_first_name": hashing.hashed(traits.get("first_name", ""), hashing.plain_name),
        "sha256_last_name": hashing.hashed(traits.get("last_name", ""), hashing.plain_name),
        "sha256_street": hashing.hashed(traits.get("street", ""), hashing.street),
        "city": hashing.plain_place(traits.get("city", "")), "region": hashing.plain_place(traits.get("region", "")),
        "postal_code": traits.get("postcode", "").strip(), "country": hashing.country_code(country).upper(),
    }
    if address["sha256_first_name"] and address["sha256_last_name"]:
        found["address"] = [{key: value for key, value in address.items() if value}]
    return found


def _complaints(answer: Answer) -> str:
    """What the validation server found, in one sentence."""
    found = answer.body.get("validationMessages") or []
    return " ".join(
        f"{entry.get('fieldPath', '')}: {entry.get('description', '')} ({entry.get('validationCode', '')})"
        for entry in found if isinstance(entry, dict)
    )
