"""`Core.process`: a list of envelopes into the store, within the caller's transaction. The running pipeline, the loader
of history and the tests all come through here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from django.conf import settings

from apps.analytics.enrichment.networks import Networks
from apps.analytics.enrichment.places import Places
from apps.analytics.pipeline.batch import Batch
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
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def organizations(self) -> set[int]:
        """Whose figures may have changed."""
        return {hit.site.organization_id for hit in self.batch.hits}


class Core:
    """The pipeline without its inbox, over one connection that sees every tenant."""

    def __init__(self, connection: Any, places: Places | None = None, networks: Networks | None = None) -> None:
        self.connection = connection
        connection.execute("SELECT set_config('mainstay.orgs', '*', false)")
        self.sites = Sites(connection)
        self.salts = Salts(connection)
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
            Recognition(connection, networks or Networks(settings.NETWORK_DATABASE)),
        )

    def process(self, envelopes: list[Envelope], now: int, *, history: bool = False) -> Outcome:
        """Take envelopes through every stage. `now` is the clock in milliseconds; with `history` it is set back, and
        minutes, which only the live strip shows, are not kept."""
        live_from = now + 1 if history else now - LIVE_MS
        batch = Batch(envelopes, now, self.site_of, Tally(live_from), history=history)
        seconds: dict[str, float] = defaultdict(float)
        try:
            for stage in STAGES:
                began = perf_counter()
                stage.run(batch, self._tools)
                seconds[stage.key] += perf_counter() - began
        finally:
            self.store.finish()
        return Outcome(batch, seconds)

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
