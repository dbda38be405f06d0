"""Where a site's events go: the kind `destination`. A vendor is one class that says how an event looks over there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ConsentRule
from apps.core.providers import Provider, ProviderError, Registry, Words

EVERY = "*"  # in a mapping: any event that is not named in it; as a target: under its own name


class Skip(Exception):
    """This event is not for this destination; the message says why, in the owner's words."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event as a destination may see it. Raw: `prepare` decides what of it leaves, and in which form.

    `event_id` is the one the browser used, so that the vendor's own pixel and this delivery count once. `visitor` is an
    opaque id of the visitor, `session_id` of the visit (0 when it belongs to none). `traits` hold at most email, phone,
    first_name, last_name, street, city, region, postcode and country, as the owner's pages gave them. `click_ids` are
    the ad networks' marks of the visit: gclid, gbraid, wbraid, fbclid, fbc, fbp, ttclid, ttp, li_fat_id, msclkid.
    `value` is in `currency`; items have id, name, category, price and quantity as far as they were given.
    """

    organization_id: int
    organization: str
    site_id: int
    site: str
    event_id: str
    name: str
    at: datetime
    received_at: datetime
    url: str = ""
    host: str = ""
    path: str = ""
    title: str = ""
    referrer: str = ""
    visitor: str = ""
    session_id: int = 0
    engaged_ms: int = 0
    is_first_in_session: bool = False
    uid: str = ""
    traits: Mapping[str, str] = field(default_factory=dict)
    ip: str = ""
    user_agent: str = ""
    language: str = ""
    country: str = ""
    click_ids: Mapping[str, str] = field(default_factory=dict)
    utm: Mapping[str, str] = field(default_factory=dict)
    consent: bool = False
    server_side: bool = False
    order_id: str = ""
    value: Decimal | None = None
    currency: str = ""
    items: Sequence[Mapping[str, Any]] = ()
    props: Mapping[str, Any] = field(default_factory=dict)

    def anonymous(self) -> Outgoing:
        """The same event without anything by which its visitor could be known again."""
        return replace(
            self, url=_bare(self.url), referrer=_bare(self.referrer), visitor="", session_id=0, uid="", traits={},
            ip="", user_agent="", click_ids={}, is_first_in_session=False,
        )


def _bare(url: str) -> str:
    return url.split("#")[0].split("?")[0]


@dataclass(frozen=True, slots=True)
class Payload:
    """One event as it waits in the outbox: what `prepare` made, under the id by which it counts once."""

    event_id: str
    name: str
    at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they may be shown: secrets are masked already."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    status: int = 0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event. `retry`: the same event may be taken later; `retry_after` in seconds. `unsure`: it may
    have been taken all the same, for what was answered about it was not read."""

    event_id: str
    ok: bool
    words: str = ""
    retry: bool = False
    retry_after: float | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a request: one result for each payload, and the request itself."""

    results: Sequence[Result]
    exchange: Exchange | None = None


class Refused(ProviderError):
    """The whole request failed, with the exchange that shows it. `unanswered`: it left, and nobody knows whether it
    arrived, for no answer was read to its end."""

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: float | None = None,
        exchange: Exchange | None = None, unanswered: bool = False,
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after)
        self.exchange = exchange
        self.unanswered = unanswered


class Destination(Provider):
    """A vendor that takes events.

    `events` maps our event names to theirs; what is not named stays here, unless `EVERY` is. `max_age` is how old an
    event may be to be taken, `batch` how many go into one request, `per_second` how many requests a second we allow
    ourselves, and `parallel` how many of them at a time (then the order in which they arrive is not kept). `consent` is
    the rule a new destination starts with, `takes_anonymous` whether an event without any id is of use, `deduplicates`
    whether sending an event id twice counts once over there. `caveat` says what "delivered" does not mean.
    """

    events: ClassVar[Mapping[str, str]] = {}
    max_age: ClassVar[timedelta | None] = None
    batch: ClassVar[int] = 1
    per_second: ClassVar[float] = 10.0
    parallel: ClassVar[int] = 1
    consent: ClassVar[ConsentRule] = ConsentRule.NEEDED
    takes_anonymous: ClassVar[bool] = False
    deduplicates: ClassVar[bool] = True
    caveat: ClassVar[Words] = ""
    suggestions: ClassVar[tuple[str, ...]] = ()  # names over there that the mapping form offers

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """The event as it will be sent under `name`, personal data hashed as the vendor wants it; raises Skip.

        Pure: no network, no clock, and no secrets, for it runs inside the pipeline's transaction.
        """
        raise Skip(f"{self.key} takes no events")

    def bundles(self, bodies: Sequence[Mapping[str, Any]]) -> list[list[int]]:
        """Which of these prepared events share a request: their places, in the order in which the requests leave.

        At most `batch` to a request. For vendors whose requests can hold only what belongs together.
        """
        return [list(range(start, min(start + self.batch, len(bodies)))) for start in range(0, len(bodies), self.batch)]

    @classmethod
    def counts_once(cls, body: Mapping[str, Any]) -> bool:
        """Whether this prepared event counts once over there, however often it arrives."""
        return cls.deduplicates

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """Send what `bundles` put together in one request; `test` uses the vendor's way to look without counting.

        Raises ProviderError (better Refused, with the exchange) when the request as a whole failed: `permanent` when a
        person has to act, `retry_after` in seconds when the vendor said so. An answer that refuses single events is a
        Report. An event for which there is no result counts as not taken.
        """
        raise ProviderError(f"{self.key} cannot send", permanent=True)


def is_offered(vendor: type[Destination]) -> bool:
    """Whether owners may choose it here: the stand-in only where the demo or development runs."""
    return vendor.key != "fake" or settings.DEMO or settings.DEBUG


destinations: Registry[Destination] = Registry("destination", _("Event destinations"), elsewhere=True)
