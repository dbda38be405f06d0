"""Resend (https://resend.com/docs/api-reference). One key per mail makes handing over again safe for 24 hours."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core.bucket import Pace
from apps.core.providers import ProviderError, ProviderField
from apps.notifications.contracts import Message, MessageRefused, Unconfirmed
from apps.notifications.mime import bare
from apps.notifications.providers.base import SENDER, Transport, transports

TIMEOUT_SECONDS = 20.0
_ACCOUNT_ERRORS = frozenset(
    {"missing_api_key", "invalid_api_key", "restricted_api_key", "invalid_from_address", "invalid_access"}
)


@transports.register
class Resend(Transport):
    """Mail by Resend's HTTP API."""

    key = "resend"
    label = "Resend"
    icon = "send"
    help = _("Make an API key at resend.com with sending access, and verify the domain you send from.")
    fields = (
        ProviderField("api_key", _("API key"), kind="secret", help=_("Begins with re_")),
        SENDER,
    )
    idempotent = True
    pace = Pace(per_second=2, burst=2)

    def check(self) -> str:
        """The account's verified domain. A key that may only send cannot be asked more, and is taken as good."""
        domain = bare(self.sender).rpartition("@")[2]
        answer = self._call("GET", "/domains")
        body = _body(answer)
        if answer.status_code == 401 and body.get("name") == "restricted_api_key":
            return domain
        if answer.status_code != 200:
            raise self._error(answer, body)
        verified = [row.get("name") for row in body.get("data", []) if row.get("status") == "verified"]
        if not any(domain == name or domain.endswith(f".{name}") for name in verified):
            raise ProviderError(
                _t("The domain %(domain)s is not verified at Resend yet.") % {"domain": domain}, permanent=True
            )
        return domain

    def send(self, message: Message, key: str, handing_over: Callable[[], None]) -> str:
        """POST /emails with the mail's key."""
        for address in (*message.to, *message.cc, *message.bcc):
            bare(address)
        payload = self._payload(message)
        handing_over()
        answer = self._call("POST", "/emails", json=payload, headers={"Idempotency-Key": key})
        body = _body(answer)
        if answer.status_code in {200, 201}:
            return str(body.get("id", ""))
        raise self._error(answer, body)

    def _payload(self, message: Message) -> dict[str, Any]:
        found: dict[str, Any] = {
            "from": message.sender or self.sender, "to": list(message.to), "subject": message.subject,
            "text": message.text,
        }
        if message.html:
            found["html"] = message.html
        for name in ("cc", "bcc", "reply_to"):
            if value := getattr(message, name):
                found[name] = list(value)
        if message.headers:
            found["headers"] = dict(message.headers)
        if message.attachments:
            found["attachments"] = [
                {
                    "filename": item.name, "content_type": item.content_type,
                    "content": base64.b64encode(item.content).decode(),
                }
                for item in message.attachments
            ]
        return found

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.secrets.get('api_key', '')}", "User-Agent": "Mainstay",
            **options.pop("headers", {}),
        }
        try:
            return httpx.request(
                method, f"{settings.RESEND_API_URL}{path}", headers=headers, timeout=TIMEOUT_SECONDS, **options
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ProviderError(_t("Resend could not be reached.")) from error
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise ProviderError(_t("The API key has signs in it that no key has."), permanent=True) from error
        except httpx.HTTPError as error:
            raise Unconfirmed(_t("Resend did not answer.")) from error

    def _error(self, answer: httpx.Response, body: dict[str, Any]) -> ProviderError:
        name, status = str(body.get("name", "")), answer.status_code
        words = str(body.get("message") or name or status)[:300]
        if status == 429:
            return ProviderError(words, retry_after=_retry_after(answer, name))
        if status >= 500 or name == "concurrent_idempotent_requests":
            return Unconfirmed(words)
        if name == "invalid_idempotent_request":
            return Unconfirmed(_t("Resend has taken this mail already, with other contents."))
        if status in {401, 403} or name in _ACCOUNT_ERRORS or "api key is invalid" in words.lower():
            return ProviderError(_t("Resend refused: %(reason)s") % {"reason": words}, permanent=True)
        return MessageRefused(words)


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(answer: httpx.Response, name: str) -> float:
    if name in {"daily_quota_exceeded", "monthly_quota_exceeded"}:
        return 3600.0
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdigit() else 1.0
