"""Meta Conversions API (developers.facebook.com/docs/marketing-api/conversions-api), Graph API v26.0.

Meta refuses a whole request for one bad event and does not say which, so a refused batch is sent again one by one;
it counts an event id once, together with the pixel in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers import amounts, hashing
from apps.analytics.providers.answers import Answer, ask, one_by_one, refused, taken
from apps.analytics.providers.base import EVERY, Destination, Outgoing, Payload, Refused, Report, Skip, destinations
from apps.core.providers import ProviderField

_RATES = frozenset({4, 17, 32, 341, 368, 613})
_ILL = frozenset({1, 2})
_TOKEN = frozenset({102, 190})
_NO_RIGHT = frozenset({3, 10, *range(200, 300)})
_VERSION = frozenset({12, 2635})
_LONGEST_NAME = 50


@destinations.register
class Meta(Destination):
    """A dataset (pixel) of Meta: Facebook and Instagram advertising."""

    key = "meta"
    label = _("Meta (Facebook, Instagram)")
    icon = "thumbs-up"
    help = _("In Meta's Events Manager: choose your dataset (pixel) → Settings → Conversions API.")
    fields = (
        ProviderField("pixel_id", _("Dataset ID"),
                      help=_("The number under the name of the dataset, also called pixel ID.")),
        ProviderField("access_token", _("Access token"), kind="secret",
                      help=_("Settings → Conversions API → Generate access token.")),
        ProviderField("test_event_code", _("Test code"), required=False,
                      help=_("Only for tests: it stands in the tab Test events and begins with TEST.")),
        ProviderField("limited_data_use", _("Limited data use"), kind="switch", required=False,
                      help=_("Let Meta apply the rules for visitors from states of the USA with privacy laws.")),
    )
    events = {
        "pageview": "PageView", "view_item": "ViewContent", "add_to_cart": "AddToCart",
        "begin_checkout": "InitiateCheckout", "purchase": "Purchase", "lead": "Lead",
        "sign_up": "CompleteRegistration", "search": "Search", "contact": "Contact",
    }
    suggestions = ("PageView", "ViewContent", "AddToCart", "AddToWishlist", "AddPaymentInfo", "InitiateCheckout",
                   "Purchase", "Lead", "CompleteRegistration", "Contact", "Schedule", "Search", "StartTrial",
                   "SubmitApplication", "Subscribe", "FindLocation", "CustomizeProduct", "Donate", EVERY)
    max_age = timedelta(days=7)
    batch = 50
    per_second = 10.0

    def check(self) -> str:
        """A request without events is refused for having none, once token and dataset are accepted."""
        answer = self._post({"data": []})
        error = _error(answer)
        if not answer.ok and (error.get("code") != 100 or error.get("error_subcode") == 33):
            raise _complaint(answer)
        return str(self.config.get("pixel_id", ""))

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """One server event with hashed personal data."""
        user = self._user(event)
        if not {"em", "ph", "external_id", "fbc", "fbp", "client_ip_address"} & user.keys():
            raise Skip(_t("Meta takes no event without anything by which the visitor could be matched."))
        found: dict[str, Any] = {
            "event_name": name[:_LONGEST_NAME], "event_time": int(event.at.timestamp()), "event_id": event.event_id,
            "user_data": user,
        }
        by_browser = bool(event.url and "client_user_agent" in user)
        found["action_source"] = "website" if by_browser else "system_generated"
        if event.url:
            found["event_source_url"] = event.url
        if event.referrer:
            found["referrer_url"] = event.referrer
        if custom := _custom(event, name):
            found["custom_data"] = custom
        if self.config.get("limited_data_use"):
            found.update(data_processing_options=["LDU"], data_processing_options_country=0,
                         data_processing_options_state=0)
        return found

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST /{dataset}/events; a test carries the code of the Test events tab."""
        body: dict[str, Any] = {"data": [payload.body for payload in payloads]}
        if test:
            code = str(self.config.get("test_event_code", "")).strip()
            if not code:
                return Report(refused(payloads, _t("A test needs the code of the tab Test events in Events Manager.")))
            body["test_event_code"] = code
        answer = self._post(body)
        received = answer.body.get("events_received")
        if answer.ok and isinstance(received, int):
            if received >= len(payloads):
                return Report(taken(payloads), answer.exchange)
            if len(payloads) > 1:
                return one_by_one(payloads, lambda one: self.send(one, test=test), answer.exchange)
            return Report(refused(payloads, _t("Meta answered that it has received no event.")), answer.exchange)
        error = _error(answer)
        if error.get("code") == 100 and error.get("error_subcode") != 33 and not error.get("is_transient"):
            if len(payloads) > 1:
                return one_by_one(payloads, lambda one: self.send(one, test=test), answer.exchange)
            return Report(refused(payloads, _words(error)), answer.exchange)
        raise _complaint(answer)

    def _post(self, body: dict[str, Any]) -> Answer:
        token = str(self.secrets.get("access_token", ""))
        url = f"{settings.META_API_URL}/{str(self.config.get('pixel_id', '')).strip()}/events"
        return ask("Meta", "POST", url, body=body, headers={"Authorization": f"Bearer {token}"}, secrets=(token,))

    def _user(self, event: Outgoing) -> dict[str, Any]:
        """Of visitors who agreed: hashed traits and the address. Of all: what the browser and the click said."""
        found: dict[str, Any] = {}
        clicks = event.click_ids
        if clicks.get("fbc"):
            found["fbc"] = clicks["fbc"]
        elif clicks.get("fbclid"):
            found["fbc"] = f"fb.1.{int(event.at.timestamp() * 1000)}.{clicks['fbclid']}"
        if clicks.get("fbp"):
            found["fbp"] = clicks["fbp"]
        if event.user_agent:
            found["client_user_agent"] = event.user_agent
        if event.consent:
            if event.ip:
                found["client_ip_address"] = event.ip
            if event.uid or event.visitor:
                found["external_id"] = [hashing.sha256((event.uid or event.visitor).strip().lower())]
            found.update(_people(event))
        return found


def _people(event: Outgoing) -> dict[str, list[str]]:
    traits = event.traits
    country = traits.get("country") or event.country
    found = {
        "em": hashing.hashed(traits.get("email", ""), hashing.email),
        "ph": hashing.hashed(traits.get("phone", ""), lambda value: hashing.phone_digits(value, country)),
        "fn": hashing.hashed(traits.get("first_name", ""), hashing.name),
        "ln": hashing.hashed(traits.get("last_name", ""), hashing.name),
        "ct": hashing.hashed(traits.get("city", ""), hashing.place),
        "st": hashing.hashed(traits.get("region", ""), hashing.place),
        "zp": hashing.hashed(traits.get("postcode", ""), lambda value: hashing.postcode(value, country)),
        "country": hashing.hashed(country, hashing.country_code),
    }
    return {key: [value] for key, value in found.items() if value}


def _custom(event: Outgoing, name: str) -> dict[str, Any]:
    found = amounts.money(event)
    if name == "Purchase" and "value" not in found:
        raise Skip(_t("Meta takes no purchase without an amount and its currency."))
    if event.order_id:
        found["order_id"] = event.order_id
    contents = []
    for item in event.items:
        if not item.get("id"):
            continue
        content: dict[str, Any] = {"id": str(item["id"]), "quantity": amounts.quantity(item)}
        if (price := amounts.price(item)) is not None:
            content["item_price"] = price
        contents.append(content)
    if contents:
        found.update(contents=contents, content_ids=[content["id"] for content in contents], content_type="product",
                     num_items=sum(content["quantity"] for content in contents))
    if len(event.items) == 1 and event.items[0].get("name"):
        found["content_name"] = str(event.items[0]["name"])
    return found


def _error(answer: Answer) -> dict[str, Any]:
    found = answer.body.get("error")
    return found if isinstance(found, dict) else {}


def _words(error: dict[str, Any]) -> str:
    """Meta's own words to a person, with the mark its support asks for."""
    said = error.get("error_user_msg") or error.get("message") or error.get("code")
    mark = error.get("fbtrace_id")
    return _t("Meta refused: %(reason)s") % {"reason": said} + (f" (fbtrace_id {mark})" if mark else "")


def _advice(code: int) -> str:
    """What a person has to do; empty where nobody knows."""
    if code in _TOKEN:
        return _t("The access token is not valid any more: generate a new one in Events Manager (your dataset → "
                  "Settings → Conversions API) and put it into the settings of this destination.")
    if code in _NO_RIGHT:
        return _t("The access token may not send events to this dataset: generate one in the dataset itself, or let "
                  "whoever manages it give the token's system user access to it.")
    if code in _VERSION:
        return _t("This version of Meta's API has ended: whoever runs this installation has to set a later one in "
                  "META_API_URL.")
    if code == 100:
        return _t("Meta does not know this dataset, or the access token is not for it: compare the dataset ID.")
    return ""


def _complaint(answer: Answer) -> Refused:
    """What Meta's error code means; it counts more than the status."""
    error = _error(answer)
    code = error.get("code")
    if not isinstance(code, int):
        return answer.unreadable()
    if code in _RATES or 80000 <= code <= 80014:
        return answer.failure(_t("Meta asks to wait."), retry_after=60)
    if error.get("is_transient") or code in _ILL:
        return answer.failure(_words(error))
    if advice := _advice(code):
        return answer.failure(f"{advice} {_words(error)}", permanent=True)
    return answer.failure(_words(error), permanent=answer.status < 500 and answer.status != 408)
