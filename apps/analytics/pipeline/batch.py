"""One batch on its way through the stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from apps.analytics.pipeline.clock import Day
from apps.analytics.pipeline.health import Flows
from apps.analytics.pipeline.hits import Envelope, Hit, Visit
from apps.analytics.pipeline.sites import SiteInfo
from apps.analytics.pipeline.tally import Tally


@dataclass(slots=True)
class Dead:
    """Something that could not be digested, and why."""

    envelope: Envelope
    reason: str
    detail: str
    raw: bytes


# An event as it was sent: its envelope, site, fields, and its number in the envelope.
Sent = tuple[Envelope, SiteInfo, dict[str, Any], int]


def nothing() -> None:
    """There is nothing else to do."""


@dataclass(slots=True)
class Batch:
    """What the stages hand on to each other. `now` is in milliseconds, set back when history is loaded."""

    envelopes: list[Envelope]
    now: int
    site_of: Callable[[int], SiteInfo]
    tally: Tally
    sent: list[Sent] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    identities: list[tuple[Any, ...]] = field(default_factory=list)
    drops: dict[tuple[SiteInfo, Day, tuple[str, str]], int] = field(default_factory=dict)
    dead: list[Dead] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    received: int = 0
    meanwhile: Callable[[], None] = nothing  # what to do while the store is writing
    history: bool = False  # the clock is set back: nothing leaves this installation
    timed: bool = True  # how long the events have waited means something
    imported: int = 0  # the instant of the import these events are part of, under which they can be taken back
    duplicates: int = 0
    flows: Flows = field(init=False)
    began: float = field(default_factory=perf_counter)

    def __post_init__(self) -> None:
        """What becomes of the events is noted as they go."""
        self.flows = Flows(self.tally.live_from)

    def drop(self, site: SiteInfo, at: int, reason: str, detail: str = "", count: int = 1) -> None:
        """Count events of a site that are not counted otherwise."""
        key = (site, site.clock.day_of(at), (str(reason), detail[:60]))
        self.drops[key] = self.drops.get(key, 0) + count
        self.flows.drop(site, at, str(reason), count)
