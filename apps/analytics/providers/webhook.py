"""A signed webhook to an address of the owner's, as the Standard Webhooks specification describes it (v1, symmetric).

The signature covers id, time and the exact bytes of the body. While a secret is being changed both sign, so that the
receiver can change over whenever it likes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ConsentRule
from apps.analytics.providers import hashing
from apps.analytics.providers.answers import taken
from apps.analytics.providers.base import (
    EVERY,
    Destination,
    Exchange,
    Outgoing,
    Payload,
    Refused,
    Report,
    destinations,
)
from apps.analytics.providers.calls import exchange_of, retry_after
from apps.core.http import BlockedAddress, Fetched, FetchError, Limits, UnknownHost, fetch
from apps.core.providers import ProviderError, ProviderField

LIMITS = Limits(seconds=15, max_bytes=100_000, redirects=0, cut=True)  # the status says it, whatever the body
PREFIX = "whsec_"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@destinations.register
class Webhook(Destination):
    """Any address that takes a POST with JSON."""

    key = "webhook"
    label = _("Webhook")
    icon = "webhook"
    help = _("A POST with JSON to an address of yours for each event, signed so that you can tell it comes from here.")
    fields = (
        ProviderField("url", _("Address"), kind="url", help=_("Must be reachable from the internet; https is best.")),
        ProviderField(
            "secret", _("Signing secret"), kind="secret",
            help=_("whsec_ followed by 24 to 64 random bytes in base64. Your receiver needs the same; a library of "
                   "Standard Webhooks makes and checks it."),
        ),
        ProviderField(
            "previous_secret", _("Previous signing secret"), kind="secret", required=False,
            help=_("While you change the secret: both sign until you empty this."),
        ),
    )
    events = {EVERY: EVERY}
    max_age = timedelta(days=30)
    per_second = 20.0
    parallel = 4
    consent = ConsentRule.ANONYMOUS
    takes_anonymous = True

    def check(self) -> str:
        """A signed event of the type mainstay.test; the receiver has to answer 2xx."""
        self._send("mainstay-test", {"type": "mainstay.test", "timestamp": _now(), "data": {}})
        return str(self.config.get("url", ""))

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """The event in our own words, with amounts as text; of personal data the hashes."""
        data = {
            "id": event.event_id, "site": {"id": event.site_id, "name": event.site}, "url": event.url,
            "title": event.title, "referrer": event.referrer, "visitor": event.visitor,
            "session": str(event.session_id or ""), "user_id": event.uid, "country": event.country,
            "language": event.language, "utm": dict(event.utm), "click_ids": dict(event.click_ids),
            "consent": event.consent, "order_id": event.order_id, "currency": event.currency,
            "value": None if event.value is None else format(event.value, "f"),
            "items": [dict(item) for item in event.items], "properties": dict(event.props), "person": _person(event),
        }
        kept = {key: value for key, value in data.items() if value not in (None, "", {}, [])}
        return {"type": name, "timestamp": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": kept}

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST one event; a test says so in its body."""
        payload = payloads[0]
        body = {**payload.body, "test": True} if test else payload.body
        return Report(taken([payload]), self._send(message_id(payload.event_id), body))

    def _send(self, identifier: str, body: dict[str, Any]) -> Exchange:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")
        stamp = str(int(time.time()))
        keys = [key_of(str(self.secrets.get(name) or "")) for name in ("secret", "previous_secret")
                if name == "secret" or self.secrets.get(name)]
        headers = {
            "Content-Type": "application/json", "webhook-id": identifier, "webhook-timestamp": stamp,
            "webhook-signature": " ".join(signature(key, identifier, stamp, content) for key in keys),
        }
        url = str(self.config.get("url", ""))
        shown = exchange_of("POST", url, headers, content.decode())
        try:
            answer = fetch(url, method="POST", headers=headers, content=content, limits=LIMITS)
        except BlockedAddress as error:
            raise Refused(str(error), permanent=True, exchange=shown) from error
        except UnknownHost as error:
            raise Refused(str(error), exchange=shown) from error
        except FetchError as error:
            raise Refused(str(error), exchange=shown, unanswered=error.may_have_arrived) from error
        shown = exchange_of("POST", url, headers, content.decode(), status=answer.status, answer=answer.text)
        _judge(answer, shown)
        return shown


def key_of(secret: str) -> bytes:
    """The bytes of a secret; raises ProviderError for one that is none, without showing it."""
    try:
        found = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not 24 <= len(found) <= 64:
        raise ProviderError(_t("The signing secret must be whsec_ and 24 to 64 bytes in base64."), permanent=True)
    return found


def signature(key: bytes, identifier: str, stamp: str, content: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, time and body."""
    digest = hmac.new(key, f"{identifier}.{stamp}.".encode() + content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def message_id(event_id: str) -> str:
    """The event's id where it can stand in a header, else a mark made from it; the same at every attempt."""
    return event_id if _ID.fullmatch(event_id) else "msg_" + hashing.sha256(event_id)[:32]


def _person(event: Outgoing) -> dict[str, str]:
    traits = event.traits if event.consent else {}
    country = traits.get("country") or event.country
    found = {
        "email_sha256": hashing.hashed(traits.get("email", ""), hashing.email),
        "phone_sha256": hashing.hashed(traits.get("phone", ""), lambda value: hashing.phone(value, country)),
    }
    return {key: value for key, value in found.items() if value}


def _judge(answer: Fetched, shown: Exchange) -> None:
    """2xx is taken. 410 means never again; everything else is tried later, as the specification asks."""
    if 200 <= answer.status < 300:
        return
    if answer.status == 410:
        raise Refused(_t("The receiver says it is gone for good (410)."), permanent=True, exchange=shown)
    words = _t("The receiver answered %(status)s instead of taking the event.") % {"status": answer.status}
    if answer.status == 429:
        words = _t("The receiver asks to wait.")
    if advice := _advice(answer.status):
        words = f"{words} {advice}"
    raise Refused(words, retry_after=retry_after(answer.headers), exchange=shown)


def _advice(status: int) -> str:
    """What a person may look at; empty where the status says no more than that."""
    if 300 <= status < 400:
        return _t("It points to another address, which is not followed: enter that address itself.")
    if status in {401, 403}:
        return _t("It may have another signing secret.")
    if status in {404, 405}:
        return _t("Nothing takes a POST there: compare the address.")
    return ""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
