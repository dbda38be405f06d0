"""Reading vendors' answers: the body first, the status after it, and a proxy's page for what it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.analytics.providers import calls
from apps.analytics.providers.base import Exchange, Payload, Refused, Report, Result
from apps.core.oauth import TokenRefused
from apps.core.providers import ProviderError

LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `refusal` is what the status alone says (401, 403, 408, 429, 5xx); the body may know better."""

    vendor: str
    status: int
    body: dict[str, Any]
    exchange: Exchange
    refusal: Refused | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def failure(self, words: str, *, permanent: bool = False, retry_after: float | None = None) -> Refused:
        """The request as a whole failed, for this reason. What the vendor said about waiting goes first."""
        told = self.refusal.retry_after if self.refusal else calls.retry_after(self.headers)
        return Refused(
            words[:LONGEST_WORDS], permanent=permanent, retry_after=told if told is not None else retry_after,
            exchange=self.exchange,
        )

    def unreadable(self) -> Refused:
        """Something between us and the vendor answered, or the vendor is ill."""
        return self.refusal or self.failure(
            _("%(vendor)s gave an answer that cannot be read.") % {"vendor": self.vendor}
        )


class SignInRefused(Refused, TokenRefused):
    """The access token was not taken: it may be refreshed and the call repeated once."""

    def __init__(self, message: str, exchange: Exchange | None) -> None:
        ProviderError.__init__(self, message, permanent=True)  # both parents take less
        self.exchange = exchange


def ask(vendor: str, method: str, url: str, **options: Any) -> Answer:
    """Ask, and return whatever was answered; raises Refused only when nobody answered."""
    try:
        response, exchange = calls.call(vendor, method, url, **options)
    except Refused as error:
        if error.exchange is None or not error.exchange.status:
            raise
        return Answer(vendor, error.exchange.status, _object(error.exchange.answer), error.exchange, error)
    return Answer(vendor, response.status_code, _object(response.text), exchange, headers=dict(response.headers))


def taken(payloads: Sequence[Payload]) -> list[Result]:
    """All of them arrived."""
    return [Result(payload.event_id, True) for payload in payloads]


def refused(payloads: Sequence[Payload], words: str) -> list[Result]:
    """None of them will ever be taken, for this reason."""
    return [Result(payload.event_id, False, words[:LONGEST_WORDS]) for payload in payloads]


def one_by_one(payloads: Sequence[Payload], send: Callable[[Sequence[Payload]], Report], first: Exchange) -> Report:
    """Find out which events of a refused batch are bad, by sending each alone.

    For vendors that refuse a whole batch without saying which event it was, and of it count none, or an id once.
    """
    results: list[Result] = []
    for index, payload in enumerate(payloads):
        try:
            results.extend(send([payload]).results)
        except Refused as error:
            if error.permanent:
                raise
            rest = [
                Result(item.event_id, False, str(error), retry=True, retry_after=error.retry_after,
                       unsure=error.unanswered and item is payload)
                for item in payloads[index:]
            ]
            return Report([*results, *rest], error.exchange or first)
    return Report(results, first)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
