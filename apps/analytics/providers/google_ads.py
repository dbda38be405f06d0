"""Google Ads conversions by the Data Manager API (developers.google.com/data-manager/api), v1 events:ingest.

It covers offline conversions, enhanced conversions for leads and a second source for tag conversions. Google fails
fast: one bad event and nothing of the request is taken, but the answer says which event it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers import amounts, hashing
from apps.analytics.providers.answers import LONGEST_WORDS, Answer, SignInRefused, ask, taken
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
from apps.core.google_sign_in import GoogleSignIn
from apps.core.providers import ProviderError, ProviderField

MOST_ACTIONS = 10  # destinations in one request
_CLICKS = ("gclid", "gbraid", "wbraid")
_INDEX = re.compile(r"events\[(\d+)\]")


@destinations.register
class GoogleAds(GoogleSignIn, Destination):
    """A Google Ads account, connected by signing in with Google."""

    key = "google_ads"
    label = "Google Ads"
    icon = "megaphone"
    help = _("After adding it you sign in with the Google account that manages your Google Ads account. Customer data "
             "terms must be accepted there: Goals → Settings → Customer data terms.")
    scopes = ("https://www.googleapis.com/auth/datamanager",)
    fields = (
        ProviderField("customer_id", _("Customer ID"),
                      help=_("Ten digits at the top right in Google Ads, as in 123-456-7890. With conversions across "
                             "accounts: the account that owns the conversions.")),
        ProviderField("login_customer_id", _("Manager account"), required=False,
                      help=_("Only if you sign in with a manager account: its customer ID.")),
        ProviderField("conversion_action", _("Conversion action ID"), kind="text",
                      help=_("Open the conversion action in Google Ads: the digits after ctId= in the address. Single "
                             "events can be mapped to other actions by their ID.")),
    )
    events = {"purchase": EVERY, "lead": EVERY, "sign_up": EVERY}
    max_age = timedelta(days=90)
    batch = 100
    per_second = 2.0
    caveat = _("Google takes events first and processes them within a day: what it could not use it tells in Google "
               "Ads, in the diagnostics of the conversion action.")

    def check(self) -> str:
        """Google looks at an event of this account without taking it."""
        sample = {
            "transactionId": "mainstay-check", "eventTimestamp": _time(datetime.fromtimestamp(int(time.time()), UTC)),
            "eventSource": "WEB",
            "userData": {"userIdentifiers": [{"emailAddress": hashing.sha256("check@example.com")}]},
        }
        action = _digits(self.config.get("conversion_action"))
        if not action or len(self._customer) != 10:
            raise ProviderError(_t("Customer ID (ten digits) and conversion action ID are needed."), permanent=True)
        answer = self._post([{"action": action, "event": sample}], test=True)
        if not answer.ok:
            raise _complaint(answer)
        return f"{self._customer[:3]}-{self._customer[3:6]}-{self._customer[6:]}"

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """One conversion, with the action it counts for."""
        action = name if name.isdigit() else _digits(self.config.get("conversion_action"))
        found: dict[str, Any] = {
            "transactionId": event.order_id or event.event_id, "eventTimestamp": _time(event.at), "eventSource": "WEB",
        }
        agreed = "CONSENT_GRANTED" if event.consent else "CONSENT_DENIED"
        found["consent"] = {"adUserData": agreed, "adPersonalization": agreed}
        click = next((key for key in _CLICKS if event.click_ids.get(key)), "")
        people = _people(event) if click in {"", "gclid"} else []  # the other two may not stand beside personal data
        if not click and not people:
            raise Skip(_t("Neither a click on an ad of Google nor data of a customer who agreed: nothing to match."))
        if click:
            found["adIdentifiers"] = {click: event.click_ids[click]}
        if people:
            found["userData"] = {"userIdentifiers": people}
        if money := amounts.money(event):
            found.update(conversionValue=money["value"], currency=money["currency"])
        if items := _items(event):
            found["cartData"] = {"items": items}
        return {"action": action, "event": found}

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST events:ingest; a test is validated only."""
        answer = self._post([payload.body for payload in payloads], test=test)
        if answer.ok and (test or answer.body.get("requestId")):
            return Report(taken(payloads), answer.exchange)
        if answer.ok:
            raise answer.unreadable()
        faults = _faults(answer)
        if answer.status != 400 or not faults:
            raise _complaint(answer)
        others = _t("Not taken because of another event of the same request.")
        results = [
            Result(payload.event_id, False, faults[index][:LONGEST_WORDS]) if index in faults
            else Result(payload.event_id, False, others, retry=True, retry_after=0)
            for index, payload in enumerate(payloads)
        ]
        return Report(results, answer.exchange)

    @property
    def _customer(self) -> str:
        return _digits(self.config.get("customer_id"))

    def _post(self, bodies: Sequence[Mapping[str, Any]], *, test: bool) -> Answer:
        token = self.access_token()
        actions = list(dict.fromkeys(body["action"] for body in bodies))[:MOST_ACTIONS]
        body = {
            "destinations": [self._destination(action) for action in actions],
            "events": [{**body["event"], "destinationReferences": [body["action"]]} for body in bodies],
            "encoding": "HEX", "validateOnly": test,
        }
        return ask("Google Ads", "POST", f"{settings.GOOGLE_DATA_API_URL}/events:ingest", body=body,
                   headers={"Authorization": f"Bearer {token}"}, secrets=(token,))

    def _destination(self, action: str) -> dict[str, Any]:
        account = {"accountType": "GOOGLE_ADS", "accountId": self._customer}
        found: dict[str, Any] = {"reference": action, "operatingAccount": account, "productDestinationId": action}
        if manager := _digits(self.config.get("login_customer_id")):
            found["loginAccount"] = {"accountType": "GOOGLE_ADS", "accountId": manager}
        return found


def _people(event: Outgoing) -> list[dict[str, Any]]:
    """Of visitors who agreed: hashed e-mail and telephone, and the name with country and postcode."""
    traits = event.traits if event.consent else {}
    country = traits.get("country") or event.country
    found: list[dict[str, Any]] = []
    if mail := hashing.hashed(traits.get("email", ""), hashing.google_email):
        found.append({"emailAddress": mail})
    if phone := hashing.hashed(traits.get("phone", ""), lambda value: hashing.phone(value, country)):
        found.append({"phoneNumber": phone})
    address = {
        "givenName": hashing.hashed(traits.get("first_name", ""), hashing.given_name),
        "familyName": hashing.hashed(traits.get("last_name", ""), hashing.family_name),
        "regionCode": hashing.country_code(country).upper(), "postalCode": traits.get("postcode", "").strip(),
    }
    if all(address.values()):
        found.append({"address": address})
    return found


def _items(event: Outgoing) -> list[dict[str, Any]]:
    found = []
    for item in event.items:
        price = amounts.price(item)
        if item.get("id") and price is not None:
            found.append({"merchantProductId": str(item["id"]), "quantity": amounts.quantity(item), "unitPrice": price})
    return found


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _digits(value: Any) -> str:
    return re.sub(r"\D", "", str(value or ""))


def _details(answer: Answer) -> list[dict[str, Any]]:
    error = answer.body.get("error")
    found = error.get("details") if isinstance(error, dict) else None
    return [detail for detail in found or [] if isinstance(detail, dict)]


def _violations(answer: Answer) -> list[dict[str, Any]]:
    return [fault for detail in _details(answer) for fault in detail.get("fieldViolations") or []]


def _faults(answer: Answer) -> dict[int, str]:
    """What is wrong with which event of the request."""
    found: dict[int, str] = {}
    for fault in _violations(answer):
        if match := _INDEX.search(str(fault.get("field", ""))):
            words = f"{fault.get('description', '')} ({fault.get('reason') or fault.get('field')})"
            found.setdefault(int(match[1]), _t("Google Ads refused: %(reason)s") % {"reason": words})
    return found


def _complaint(answer: Answer) -> Refused:
    """What Google's error means."""
    error = answer.body.get("error")
    if not isinstance(error, dict):
        return answer.unreadable()
    first = next(iter(_violations(answer)), {})
    reason = str(first.get("description") or error.get("message") or error.get("status"))
    request = next((detail["requestId"] for detail in _details(answer) if detail.get("requestId")), "")
    words = _t("Google Ads refused: %(reason)s") % {"reason": reason} + (f" (requestId {request})" if request else "")
    if answer.status == 401:
        advice = _t("Google does not accept the sign-in any more: sign in again on this destination's page.")
        return SignInRefused(f"{advice} {words}", answer.exchange)
    if answer.status == 403:
        advice = _t("The Google account that signed in may not send to this Google Ads account: sign in with one that "
                    "manages it, and compare the customer ID and the manager account.")
        return answer.failure(f"{advice} {words}", permanent=True)
    if answer.status == 429:
        return answer.failure(_t("Google asks to wait."), retry_after=60)
    return answer.failure(words, permanent=answer.status < 500 and answer.status not in {408, 409})
