"""Asking the APIs of Google that are read with a person's permission: one envelope of answers and errors for all.

Google says the same thing in two ways: older services name a `reason` in `errors`, newer ones a `status` and details.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.analytics.providers.answers import Answer, SignInRefused, ask
from apps.core.providers import ProviderError

MOST_BYTES = 64_000_000  # a page of a report
SHORT_WAIT_SECONDS = 60.0
QUOTA_WAIT_SECONDS = 15 * 60.0
DAILY_WAIT_SECONDS = 6 * 3600.0
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_TOO_MUCH = frozenset({"quotaExceeded", "RESOURCE_EXHAUSTED"})
_TODAY = frozenset({"dailyLimitExceeded"})
_SWITCHED_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_TOO_LITTLE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})


class NotAllowed(ProviderError):
    """The account works, but may not read this property. Another property may be read all the same."""


def read(vendor: str, method: str, url: str, token: str, *, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answer's JSON. Raises TokenRefused, NotAllowed, or ProviderError with `retry_after` in seconds where waiting
    helps."""
    answer = ask(
        vendor, method, url, body=body, headers={"Authorization": f"Bearer {token}"}, secrets=(token,),
        most_bytes=MOST_BYTES,
    )
    if answer.ok:
        return answer.body
    raise _complaint(vendor, answer)


def reasons(body: Mapping[str, Any]) -> set[str]:
    """Every word Google gives for why not."""
    error = body.get("error")
    if not isinstance(error, dict):
        return set()
    told = [entry for key in ("errors", "details") for entry in error.get(key) or () if isinstance(entry, dict)]
    return {str(entry["reason"]) for entry in told if entry.get("reason")} | {str(error.get("status") or "")}


def _complaint(vendor: str, answer: Answer) -> ProviderError:
    found, error = reasons(answer.body), answer.body.get("error")
    if not isinstance(error, dict):
        return answer.unreadable()
    words = {"vendor": vendor, "reason": str(error.get("message") or answer.status)}
    if answer.status == 401:
        return SignInRefused(_("%(vendor)s refused: %(reason)s") % words, answer.exchange)
    if found & (_SWITCHED_OFF | _TOO_LITTLE):
        off = _("The API of %(vendor)s is not switched on in this installation's Google Cloud project.")
        little = _("Google was not allowed to show %(vendor)s. Sign in again and tick every box on Google's page.")
        return ProviderError((off if found & _SWITCHED_OFF else little) % words, permanent=True)
    if seconds := _wait(answer.status, found):
        return answer.failure(_("%(vendor)s asks to wait.") % words, retry_after=seconds)
    if answer.status in {403, 404}:
        return NotAllowed(_("%(vendor)s refused: %(reason)s") % words, permanent=True)
    text = _("%(vendor)s refused: %(reason)s") if answer.status < 500 else _("%(vendor)s has trouble: %(reason)s")
    return answer.failure(text % words, permanent=answer.status < 500 and answer.status not in {408, 409})


def _wait(status: int, found: set[str]) -> float | None:
    """Seconds to wait where Google asks for it: one minute, a quarter of an hour, or until the day is over."""
    waits = ((_TODAY, DAILY_WAIT_SECONDS), (_TOO_FAST, SHORT_WAIT_SECONDS), (_TOO_MUCH, QUOTA_WAIT_SECONDS))
    for words, seconds in waits:
        if found & words:
            return seconds
    return SHORT_WAIT_SECONDS if status == 429 else None
