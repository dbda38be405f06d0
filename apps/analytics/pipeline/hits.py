"""The shapes the pipeline works on: an envelope as read, a hit as enriched, a visit and a person as remembered."""

from __future__ import annotations

from typing import Any, NamedTuple

from apps.analytics.enrichment.addresses import Address
from apps.analytics.pipeline.sites import SiteInfo
from apps.analytics.reaching import GoalRule

BOUNCE_MS = 10_000


class Envelope(NamedTuple):
    """One row of the inbox; times are milliseconds. An import hands over what it has read, and not as text again."""

    id: int
    received: int
    site_id: int
    origin: int
    ip: str
    ua: str
    body: Any  # bytes, or a dict


class Hit:
    """One event, validated and enriched. Times are milliseconds, money is in ten-thousandths."""

    __slots__ = (
        "address", "at", "campaign", "currency", "day", "engaged", "flags", "goals", "has_id", "id", "ip", "is_bare",
        "is_order", "items", "name", "order_id", "person", "place", "props", "raw", "received", "referrer", "revenue",
        "scroll", "site", "tech", "title", "traits", "uid", "vid", "visit", "visitor", "vitals", "who",
    )

    site: SiteInfo
    address: Address | None
    person: Person | None
    visit: Visit | None
    goals: tuple[GoalRule, ...]
    raw: tuple[Envelope, dict[str, Any], int]  # as it was sent

    def __init__(self) -> None:
        self.goals = ()
        self.person = self.visit = None


class Person:
    """A visitor of a site, as far as it matters for telling visits apart and counting uniques once."""

    __slots__ = ("last_minute", "seen_in", "visitor", "visits")

    def __init__(self, visitor: int) -> None:
        self.visitor = visitor
        self.visits: list[Visit] = []
        self.last_minute = 0
        self.seen_in = 0


class Visit:
    """A session in memory. `reported` is what the rollups have been told of it, None for a new one; `rows` are the
    counts of its origin, place and equipment on the day in `grouped`, while a batch is being counted."""

    __slots__ = (
        "acquisition", "conversions", "engaged", "entry", "entry_at", "events", "exit", "exit_at", "grouped",
        "hour", "id", "is_new", "last", "orders", "pageviews", "person", "place", "reported",
        "revenue", "rows", "seen", "site_id", "started", "stays", "tech", "uid", "visitor",
    )

    person: Person

    def __init__(self, id: int, site_id: int, visitor: int, at: int) -> None:  # noqa: A002 -- as the column
        self.id = id
        self.site_id = site_id
        self.visitor = visitor
        self.started = self.last = at
        self.entry_at = self.exit_at = 0
        self.entry = self.exit = self.uid = ""
        self.pageviews = self.events = self.engaged = self.conversions = self.orders = self.revenue = 0
        self.stays = False
        self.seen: set[int] = set()
        self.hour = 0
        self.is_new = True
        self.reported: tuple[Any, ...] | None = None
        self.grouped: Any = None
        self.rows: Any = None

    @property
    def is_bounce(self) -> bool:
        """One page view, under ten seconds of attention, and nothing done."""
        return self.pageviews == 1 and not self.stays and self.engaged < BOUNCE_MS
