"""TikTok Events API 2.0 (business-api.tiktok.com, /open_api/v1.3/event/track/).

TikTok answers 200 to almost everything and says in `code` what it means: 0 is success.
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

_TAKEN = 0
_IN_PART = 20001
_BAD_VALUES = frozenset({40000, 40002})
_TOO_FAST = frozenset({40016, 40100, 40133})
_NO_RIGHT = 40001
_TOKEN = frozenset({40102, 40104, 40105})


@destinations.register
class TikTok(Destination):
    """A pixel of TikTok Ads Manager."""

    key = "tiktok"
    label = "TikTok"
    icon = "music-2"
    help = _("In TikTok Ads Manager: Tools → Events → your web data source → Settings.")
    fields = (
        ProviderField("pixel_code", _("Pixel ID"), help=_("The letters and digits under the name of the data source.")),
        ProviderField("access_token", _("Access token"), kind="secret",
                      help=_("Settings → Events API → Generate access token. It is shown once.")),
        ProviderField("test_event_code", _("Test code"), required=False,
                      help=_("Only for tests: it stands in the tab Test events and begins with TEST.")),
    )
    events = {
        "pageview": "Pageview", "view_item": "ViewContent", "add_to_cart": "AddToCart",
        "begin_checkout": "InitiateCheckout", "purchase": "Purchase", "lead": "Lead",
        "sign_up": "CompleteRegistration", "search": "Search", "contact": "Contact", "download": "Download",
    }
    suggestions = ("Pageview", "ViewContent", "AddToCart", "AddToWishlist", "AddPaymentInfo", "InitiateCheckout",
                   "Purchase", "Lead", "CompleteRegistration", "Contact", "Download", "Schedule", "Search",
                   "SubmitForm", "Subscribe", "StartTrial", EVERY)
    max_age = timedelta(days=7)
    batch = 50
    per_second = 10.0

    def check(self) -> str:
        """A request without events is refused for having none, once token and pixel are accepted."""
        answer = self._post({"data": []})
        if _code(answer) not in {_TAKEN, *_BAD_VALUES}:
            raise _complaint(answer)
        return str(self.config.get("pixel_code", ""))

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """One web event with hashed personal data."""
        user = _user(event)
        if not {"email", "phone", "external_id", "ttclid", "ttp", "ip"} & user.keys():
            raise Skip(_t("TikTok takes no event without anything by which the visitor could be matched."))
        found: dict[str, Any] = {
            "event": name, "event_time": int(event.at.timestamp()), "event_id": event.event_id, "user": user,
            "limited_data_use": not event.consent,
        }
        page = {key: value for key, value in (("url", event.url), ("referrer", event.referrer)) if value}
        if page:
            found["page"] = page
        if properties := _properties(event):
            found["properties"] = properties
        return found

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST /event/track/; a test carries the code of the Test events tab."""
        body: dict[str, Any] = {"data": [payload.body for payload in payloads]}
        if test:
            code = str(self.config.get("test_event_code", "")).strip()
            if not code:
                return Report(refused(payloads, _t("A test needs the code of the tab Test events in Ads Manager.")))
            body["test_event_code"] = code
        answer = self._post(body)
        said = _code(answer)
        if said == _TAKEN and answer.ok:
            return Report(taken(payloads), answer.exchange)
        if said == _IN_PART or said in _BAD_VALUES:
            if len(payloads) > 1:
                return one_by_one(payloads, lambda one: self.send(one, test=test), answer.exchange)
            return Report(refused(payloads, _words(answer)), answer.exchange)
        raise _complaint(answer)

    def _post(self, body: dict[str, Any]) -> Answer:
        token = str(self.secrets.get("access_token", ""))
        source = {"event_source": "web", "event_source_id": str(self.config.get("pixel_code", "")).strip()}
        return ask("TikTok", "POST", f"{settings.TIKTOK_API_URL}/event/track/", body={**source, **body},
                   headers={"Access-Token": token}, secrets=(token,))


def _user(event: Outgoing) -> dict[str, Any]:
    """Of visitors who agreed: hashed traits and the address. Of all: what the browser and the click said."""
    found: dict[str, Any] = {key: event.click_ids[key] for key in ("ttclid", "ttp") if event.click_ids.get(key)}
    if event.user_agent:
        found["user_agent"] = event.user_agent
    if event.language:
        found["locale"] = event.language
    if not event.consent:
        return found
    traits = event.traits
    country = traits.get("country") or event.country
    own = event.uid or event.visitor
    people = {
        "email": hashing.hashed(traits.get("email", ""), hashing.email),
        "phone": hashing.hashed(traits.get("phone", ""), lambda value: hashing.phone(value, country)),
        "external_id": hashing.sha256(own) if own else "",
        "first_name": hashing.hashed(traits.get("first_name", ""), hashing.place),
        "last_name": hashing.hashed(traits.get("last_name", ""), hashing.place),
        "zip_code": hashing.hashed(traits.get("postcode", ""), lambda value: hashing.postcode(value, country)),
        "city": hashing.place(traits.get("city", "")), "state": hashing.place(traits.get("region", "")),
        "country": hashing.country_code(country), "ip": event.ip,
    }
    return {**found, **{key: value for key, value in people.items() if value}}


def _properties(event: Outgoing) -> dict[str, Any]:
    found = amounts.money(event)
    if event.order_id:
        found["order_id"] = event.order_id
    contents = []
    for item in event.items:
        content: dict[str, Any] = {"quantity": amounts.quantity(item)}
        for ours, theirs in (("id", "content_id"), ("name", "content_name"), ("category", "content_category")):
            if item.get(ours):
                content[theirs] = str(item[ours])
        if (price := amounts.price(item)) is not None:
            content["price"] = price
        contents.append(content)
    if contents:
        found.update(contents=contents, content_type="product")
    return found


def _code(answer: Answer) -> int | None:
    found = answer.body.get("code")
    return found if isinstance(found, int) else None


def _words(answer: Answer) -> str:
    mark = answer.body.get("request_id")
    said = str(answer.body.get("message") or answer.body.get("code"))
    return _t("TikTok refused: %(reason)s") % {"reason": said} + (f" (request_id {mark})" if mark else "")


def _complaint(answer: Answer) -> Refused:
    """What TikTok's code means; it counts more than the status."""
    code = _code(answer)
    if code is None or (code == _TAKEN and not answer.ok):
        return answer.unreadable()
    if code in _TOO_FAST:
        return answer.failure(_t("TikTok asks to wait."), retry_after=60)
    words = " ".join(part for part in (_advice(code), _words(answer)) if part)
    return answer.failure(words, permanent=40000 <= code < 50000)


def _advice(code: int) -> str:
    """What a person has to do; empty where nobody knows."""
    if code in _TOKEN:
        return _t("The access token is not valid any more: generate a new one in Ads Manager (your web data source → "
                  "Settings → Events API) and put it into the settings of this destination.")
    if code == _NO_RIGHT:
        return _t("The access token may not send events to this pixel: compare the pixel ID, and generate the token in "
                  "the same data source.")
    return ""
