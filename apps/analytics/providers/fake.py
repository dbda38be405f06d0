"""A destination inside Mainstay, for the demo, development and tests: it keeps what it gets, and counts an id once."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from redis import Redis

from apps.analytics.enums import ConsentRule
from apps.analytics.providers.base import (
    EVERY,
    Destination,
    Exchange,
    Outgoing,
    Payload,
    Refused,
    Report,
    Result,
    destinations,
)
from apps.core.cache import ask
from apps.core.providers import ProviderField

KEPT_FOR = timedelta(days=2)
MOST_KEPT = 5_000


@destinations.register
class FakeDestination(Destination):
    """Takes every event into a box, but no amount above its limit, and nothing at all while it is `down`."""

    key = "fake"
    label = _("Demo destination")
    icon = "inbox"
    help = _("Nothing leaves this installation. It behaves like an advertising network, refusals included.")
    fields = (
        ProviderField("box", _("Name of the box"), default="demo", help=_("Where events are kept.")),
        ProviderField("limit", _("Largest amount it takes"), kind="number", required=False,
                      help=_("Events with a larger amount are refused. Empty: no limit.")),
        ProviderField("down", _("Out of order"), kind="switch", required=False,
                      help=_("Answer every request with an error, to see what happens then.")),
        ProviderField("seconds", _("Seconds it takes to answer"), kind="number", required=False),
        ProviderField("token", _("Token"), kind="secret", required=False),
    )
    events = {EVERY: EVERY}
    batch = 50
    per_second = 100.0
    consent = ConsentRule.ALWAYS
    takes_anonymous = True

    def check(self) -> str:
        """Always works."""
        return str(self.config.get("box", "demo"))

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """The plain facts."""
        found: dict[str, Any] = {"event": name, "id": event.event_id, "time": event.at.isoformat(), "page": event.path}
        if event.visitor:
            found["visitor"] = event.visitor
        if event.order_id:
            found["order"] = event.order_id
        if event.value is not None:
            found.update(value=str(event.value), currency=event.currency)
        return found

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """Keep them, unless they are too large."""
        body = json.dumps([payload.body for payload in payloads])
        headers = {"Authorization": "••••", "Content-Type": "application/json"}
        if self.config.get("down"):
            shown = self._exchange(headers, body, 503, "down")
            raise Refused(_t("The demo destination is out of order."), exchange=shown)
        results = [self._result(payload) for payload in payloads]
        taken = [payload for payload, result in zip(payloads, results, strict=True) if result.ok]
        if not test:
            keep(self._box, taken)
        time.sleep(min(float(self.config.get("seconds") or 0), 20))
        answer = json.dumps({"taken": len(taken), "refused": [r.event_id for r in results if not r.ok]})
        return Report(results, self._exchange(headers, body, 200, answer))

    @property
    def _box(self) -> str:
        return str(self.config.get("box", "demo"))

    def _exchange(self, headers: dict[str, str], body: str, status: int, answer: str) -> Exchange:
        return Exchange("POST", f"https://box.example/{self._box}", headers, body, status, answer)

    def _result(self, payload: Payload) -> Result:
        try:
            limit, value = Decimal(str(self.config.get("limit"))), Decimal(str(payload.body.get("value")))
        except InvalidOperation:
            return Result(payload.event_id, True)
        if value <= limit:
            return Result(payload.event_id, True)
        words = _t("The amount %(value)s is above the limit of this account (%(limit)s).")
        return Result(payload.event_id, False, words % {"value": value, "limit": limit})


def keep(box: str, payloads: Sequence[Payload]) -> None:
    """Put events into a box: each id once, and how often it came."""
    name = f"fake-destination:{box}"

    def question(redis: Redis) -> None:
        with redis.pipeline() as pipe:
            for payload in payloads:
                pipe.hincrby(name, payload.event_id, 1)
            pipe.expire(name, int(KEPT_FOR.total_seconds()))
            pipe.execute()
        if redis.hlen(name) > MOST_KEPT:
            redis.delete(name)

    if payloads:
        ask(question, None)


def kept(box: str) -> dict[str, int]:
    """The ids in a box, and how often each came."""
    found = ask(lambda redis: redis.hgetall(f"fake-destination:{box}"), {})
    return {key.decode(): int(count) for key, count in found.items()}
