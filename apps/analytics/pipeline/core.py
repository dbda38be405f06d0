"""`Core.process`: a list of envelopes into the store, within the caller's transaction. The running pipeline, the loader
of history and the tests all come through here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from django.conf import settings

from apps.analytics.enrichment.networks import Networks
from apps.analytics.enrichment.places import Places
from apps.analytics.pipeline.batch import Batch, nothing
from apps.analytics.pipeline.dedup import Duplicates
from apps.analytics.pipeline.enrich import Enricher
from apps.analytics.pipeline.hits import Envelope
from apps.analytics.pipeline.identities import Identities
from apps.analytics.pipeline.memory import Memory
from apps.analytics.pipeline.outbox import Outbox
from apps.analytics.pipeline.postgres import PostgresStore
from apps.analytics.pipeline.recognition import Recognition
from apps.analytics.pipeline.salts import Salts
from apps.analytics.pipeline.sites import SiteInfo, Sites
from apps.analytics.pipeline.stages import STAGES, Tools
from apps.analytics.pipeline.tally import Tally
from apps.analytics.store import EventStore

LIVE_MS = 3 * 3_600_000


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    batch: Batch
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    read_seconds: float = 0.0

    @property
    def organizations(self) -> set[int]:
        """Whose figures may have changed."""
        return {hit.site.organization_id for hit in self.batch.hits}


class Core:
    """The pipeline without its inbox, over one connection that sees every tenant. Sites and salts are asked `aside`,
    over another one if there is one, so that a batch can be prepared while the connection is busy with another."""

    def __init__(
        self, connection: Any, places: Places | None = None, networks: Networks | None = None, *, aside: Any = None
    ) -> None:
        self.connection = connection
        aside = aside or connection
        connection.execute("SELECT set_config('mainstay.orgs', '*', false)")
        self.sites = Sites(aside)
        self.salts = Salts(aside)
        self.store: EventStore = PostgresStore(connection)
        self.memory = Memory(self.store)
        self.duplicates = Duplicates(self.store)
        self.identities = Identities(connection)
        if places is None:
            places = Places(settings.GEO_COUNTRY_DATABASE, settings.GEO_DATABASE)
        self.enricher = Enricher(self.salts, places)
        self._tools = Tools(
            self.sites, self.enricher, self.duplicates, self.identities, self.memory, self.store,
            Outbox(connection),
            Recognition(connection, networks or Networks(settings.NETWORK_DATABASE, settings.NETWORK_OWN)),
        )

    def process(self, envelopes: list[Envelope], now: int, *, history: bool = False, timed: bool = True) -> Outcome:
        """Take envelopes through every stage. `now` is the clock in milliseconds; with `history` it is set back, and
        minutes, which only the live strip shows, are not kept. How long events waited is noted unless `timed` says
        that nobody was waiting."""
        prepared = self.prepare(envelopes, now, history=history)
        prepared.batch.timed = timed
        return self.finish(prepared)

    def prepare(self, envelopes: list[Envelope], now: int, *, history: bool = False) -> Outcome:
        """Only the stages that need neither the store nor the memory of visitors."""
        live_from = now + 1 if history else now - LIVE_MS
        outcome = Outcome(Batch(envelopes, now, self.site_of, Tally(live_from), history=history))
        self._run(outcome, ahead=True)
        return outcome

    def finish(self, outcome: Outcome, meanwhile: Callable[[Outcome], None] = lambda _outcome: None) -> Outcome:
        """The other stages. `meanwhile` is called when everything has been handed to the store, which still writes."""
        outcome.batch.meanwhile = lambda: _timed_apart(outcome, meanwhile)
        try:
            self._run(outcome, ahead=False)
        finally:
            self.store.finish()
            outcome.batch.meanwhile = nothing  # a circle would keep the batch until circles are looked for
        return outcome

    def _run(self, outcome: Outcome, *, ahead: bool) -> None:
        for stage in STAGES:
            if stage.ahead == ahead:
                began = perf_counter()
                stage.run(outcome.batch, self._tools)
                outcome.seconds[stage.key] += perf_counter() - began

    def site_of(self, site_id: int) -> SiteInfo:
        """A site that is known to be there; raises LookupError for one that has gone."""
        found = self.sites.get(site_id)
        if found is None:
            raise LookupError(f"site {site_id} is gone")
        return found

    def committed(self, outcome: Outcome) -> None:
        """The transaction of a batch was committed: what is in memory is what is stored."""
        for visit in outcome.batch.visits:
            visit.is_new = False
        self.memory.sweep()

    def rolled_back(self) -> None:
        """The transaction was not committed: forget what it would have stored."""
        self.memory.clear()
        self.duplicates.undo()
        self.identities.clear()
        self.salts.reset()
        self.enricher.reset()
        self.store.reset()
        self.sites.refresh()


def _timed_apart(outcome: Outcome, work: Callable[[Outcome], None]) -> None:
    """Work for another batch is no part of this one's time."""
    began = perf_counter()
    work(outcome)
    outcome.seconds["write"] -= perf_counter() - began
