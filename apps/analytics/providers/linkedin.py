"""LinkedIn Conversions API (learn.microsoft.com/linkedin/marketing/integrations/ads-reporting/conversions-api).

A version of the API lives for a year; which one is asked for stands in the settings. There is no way to test without
counting, so a test shows the request and does not send it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers import hashing
from apps.analytics.providers.answers import LONGEST_WORDS, Answer, ask, refused, taken
from apps.analytics.providers.base import (
    EVERY,
    Destination,
    Outgoing,
    Payload,
    Refused,
    Report,
    Result,
    Skip,
    destinations,
)
from apps.analytics.providers.calls import exchange_of
from apps.core.providers import ProviderError, ProviderField

_INDEXED = re.compile(r"index:?\s*(\d+)[,:]?\s*(.*?)(?=\bindex:?\s*\d+|$)", re.IGNORECASE | re.DOTALL)


@destinations.register
class LinkedIn(Destination):
    """Conversions of a LinkedIn advertising account."""

    key = "linkedin"
    label = "LinkedIn"
    icon = "briefcase"
    help = _("In LinkedIn's Campaign Manager: Data → Signals manager → Create → Conversions API → Direct API.")
    fields = (
        ProviderField("access_token", _("Access token"), kind="secret",
                      help=_("Made on the same page. It ends after a while; LinkedIn shows when.")),
        ProviderField("conversion_id", _("Conversion ID"),
                      help=_("Measurement → Conversion tracking → your conversion: the digits in the address. Its "
                             "source must be the Conversions API. Single events can be mapped to other conversions "
                             "by their ID.")),
    )
    events = {"purchase": EVERY, "lead": EVERY, "sign_up": EVERY}
    max_age = timedelta(days=90)
    batch = 100
    per_second = 5.0

    def check(self) -> str:
        """A request without events tells whether the token is taken."""
        conversion = str(self.config.get("conversion_id", "")).strip()
        if not conversion.isdigit():
            raise ProviderError(_t("A conversion ID has digits only."), permanent=True)
        answer = self._post([])
        if not answer.ok and answer.status not in {400, 422}:
            raise _complaint(answer)
        if answer.status in {400, 422} and not answer.body.get("message"):
            raise answer.unreadable()
        return conversion

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """One conversion event: who by hashed e-mail and LinkedIn's own mark, nothing else about the person."""
        conversion = name if name.isdigit() else str(self.config.get("conversion_id", "")).strip()
        users = []
        mail = hashing.hashed(event.traits.get("email", ""), hashing.email) if event.consent else ""
        if mail:
            users.append({"idType": "SHA256_EMAIL", "idValue": mail})
        if event.click_ids.get("li_fat_id"):
            users.append({"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": event.click_ids["li_fat_id"]})
        if not users:
            raise Skip(_t("Neither a click on an ad of LinkedIn nor the e-mail address of a visitor who agreed."))
        found: dict[str, Any] = {
            "conversion": f"urn:lla:llaPartnerConversion:{conversion}",
            "conversionHappenedAt": int(event.at.timestamp() * 1000), "eventId": event.event_id,
            "user": {"userIds": users},
        }
        if event.value is not None and event.currency:
            found["conversionValue"] = {"currencyCode": event.currency.upper(), "amount": format(event.value, "f")}
        return found

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST /conversionEvents as BATCH_CREATE."""
        bodies = [payload.body for payload in payloads]
        if test:
            body = json.dumps({"elements": bodies}, ensure_ascii=False)
            shown = exchange_of("POST", self._url, self._headers, body, secrets=(self._token,))
            words = _t("LinkedIn has no test mode: this request was only shown, not sent.")
            return Report([Result(payload.event_id, True, words) for payload in payloads], shown)
        answer = self._post(bodies)
        if answer.ok:
            return Report(_by_element(answer, payloads), answer.exchange)
        message = str(answer.body.get("message") or "")
        if answer.status not in {400, 422} or not message or _is_about_us(answer):
            raise _complaint(answer)
        return Report(_by_index(message, payloads), answer.exchange)

    @property
    def _url(self) -> str:
        return f"{settings.LINKEDIN_API_URL}/conversionEvents"

    @property
    def _token(self) -> str:
        return str(self.secrets.get("access_token", ""))

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}", "LinkedIn-Version": settings.LINKEDIN_API_VERSION,
            "X-Restli-Protocol-Version": "2.0.0", "X-RestLi-Method": "BATCH_CREATE",
        }

    def _post(self, elements: list[dict[str, Any]]) -> Answer:
        return ask("LinkedIn", "POST", self._url, body={"elements": elements}, headers=self._headers,
                   secrets=(self._token,))


def _by_element(answer: Answer, payloads: Sequence[Payload]) -> list[Result]:
    """A success carries one status for each event, or nothing at all."""
    elements = answer.body.get("elements")
    if not answer.exchange.answer.strip():
        return taken(payloads)
    if not isinstance(elements, list) or len(elements) != len(payloads):
        raise answer.unreadable()
    return [_one(payload, element) for payload, element in zip(payloads, elements, strict=True)]


def _one(payload: Payload, element: Any) -> Result:
    element = element if isinstance(element, dict) else {}
    status = element.get("status") if isinstance(element.get("status"), int) else 500
    if 200 <= status < 300:
        return Result(payload.event_id, True)
    error = element.get("error") if isinstance(element.get("error"), dict) else {}
    words = _refusal(str(error.get("message") or status))
    return Result(payload.event_id, False, words, retry=status == 429 or status >= 500)


def _by_index(message: str, payloads: Sequence[Payload]) -> list[Result]:
    """A refused batch names the bad events by their place; the good ones of it were not taken either."""
    faults = {int(match[1]): match[2].strip() for match in _INDEXED.finditer(message)}
    if not faults or max(faults) >= len(payloads):
        return refused(payloads, _refusal(message))
    others = _t("Not taken because of another event of the same request.")
    return [
        Result(payload.event_id, False, _refusal(faults[index])) if index in faults
        else Result(payload.event_id, False, others, retry=True, retry_after=0)
        for index, payload in enumerate(payloads)
    ]


def _refusal(reason: str) -> str:
    return (_t("LinkedIn refused: %(reason)s") % {"reason": reason})[:LONGEST_WORDS]


def _is_about_us(answer: Answer) -> bool:
    return "VERSION" in str(answer.body.get("code", ""))


def _complaint(answer: Answer) -> Refused:
    """What the status means."""
    message = str(answer.body.get("message") or "")
    if not message and answer.status not in {401, 403}:
        return answer.unreadable()
    if answer.status == 426 or _is_about_us(answer):
        words = _t("LinkedIn no longer offers version %(version)s of its API: whoever runs this installation has to "
                   "set a later one in LINKEDIN_API_VERSION.")
        return answer.failure(words % {"version": settings.LINKEDIN_API_VERSION}, permanent=True)
    if answer.status == 401:
        words = _t("LinkedIn does not accept the access token: make a new one in Campaign Manager (Data → Signals "
                   "manager) and put it into the settings of this destination.")
        return answer.failure(f"{words} {message}", permanent=True)
    if answer.status in {403, 404}:
        words = _t("The access token may not send this conversion: make it in the Campaign Manager account to which "
                   "the conversion belongs, and compare the conversion ID.")
        return answer.failure(f"{words} {_refusal(message or str(answer.status))}", permanent=True)
    if answer.status == 429:
        return answer.failure(_t("LinkedIn asks to wait."), retry_after=60)
    permanent = answer.status < 500 and answer.status != 408
    return answer.failure(_refusal(message or str(answer.status)), permanent=permanent)
