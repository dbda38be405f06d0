"""What the pipeline writes about its own work, in the transaction of the work: minutes, dead letters, sites seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from psycopg.types.json import Jsonb

from apps.analytics.contracts import FirstEventSeen
from apps.analytics.enums import Drop
from apps.analytics.histograms import DELAY_MS, STAGE_MS, place_in
from apps.analytics.pipeline.batch import Batch
from apps.analytics.pipeline.clock import moment_of
from apps.analytics.pipeline.core import Outcome
from apps.analytics.pipeline.health import FAILED, Flows
from apps.analytics.pipeline.sites import SiteInfo
from apps.core.events import to_payload

TELL_EVERY_MS = 10_000
_MINUTE = """
INSERT INTO analytics_pipelineminute (minute, process, counts, timings, histograms) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (minute, process) DO UPDATE SET counts = excluded.counts, timings = excluded.timings,
    histograms = excluded.histograms
"""
_DEAD = """
INSERT INTO analytics_deadletter (site_id, reason, detail, received_at, origin, ua, raw, attempts, failed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_EVENT = """
INSERT INTO core_outboxevent (organization_id, name, aggregate, payload, created_at, attempts, next_attempt_at,
    last_error)
VALUES (%s, %s, %s, %s, now(), 0, now(), '')
"""


class Ledger:
    """Counts of the running minute, kept in memory and written whole with every batch."""

    def __init__(self, connection: Any, process: str) -> None:
        self._connection = connection
        self._process = process
        self._minute: datetime | None = None
        self._counts: dict[str, float] = {}
        self._timings: dict[str, float] = {}
        self._histograms: dict[str, list[int]] = {}
        self._told: list[SiteInfo] = []
        self.published = False
        self.lookups: Callable[[], dict[str, int]] = dict
        self._looked_up: dict[str, int] = {}

    def write(self, outcome: Outcome, read_seconds: float, now: int) -> None:
        """Everything about one batch."""
        batch = outcome.batch
        self._dead_letters(batch)
        self._reports(batch)
        self._sites_seen(batch)
        self._own_minute(outcome, read_seconds, now)

    def rolled_back(self) -> None:
        """The minute is read again from what was stored, and sites are told of again."""
        self._minute = None
        for site in self._told:
            site.told_at = 0

    def _own_minute(self, outcome: Outcome, read_seconds: float, now: int) -> None:
        minute = moment_of(now).replace(second=0, microsecond=0)
        if minute != self._minute:
            self._open(minute)
        batch, counts, timings = outcome.batch, self._counts, self._timings
        drops = sum(batch.drops.values())
        lag = now - min((envelope.received for envelope in batch.envelopes), default=now)
        for key, number in (
            ("batches", 1), ("received", batch.received), ("stored", len(batch.hits)), ("dropped", drops),
            ("duplicates", batch.duplicates), ("failed", len(batch.dead)), ("sessions", len(batch.visits)),
        ):
            counts[key] = counts.get(key, 0) + number
        for key, number in self.lookups().items():
            counts[key] = counts.get(key, 0) + max(number - self._looked_up.get(key, 0), 0)
            self._looked_up[key] = number
        counts["places_unknown"] = counts.get("places_unknown", 0) + sum(not hit.place[0] for hit in batch.hits)
        counts["lag_ms_max"] = max(counts.get("lag_ms_max", 0), lag)
        for key, seconds in {"read": read_seconds, **outcome.seconds}.items():
            timings[key] = round(timings.get(key, 0) + seconds * 1000, 3)
            self._spread(f"stage_{key}", STAGE_MS, seconds * 1000)
        waited: dict[int, int] = {}
        for sent in batch.sent:
            waited[sent[0].received] = waited.get(sent[0].received, 0) + 1
        done = batch.now + round((perf_counter() - batch.began) * 1000)
        for received, events in waited.items():
            self._spread("delay", DELAY_MS, done - received, events)
        row = [minute, self._process, Jsonb(counts), Jsonb(timings), Jsonb(self._histograms)]
        self._connection.execute(_MINUTE, row)

    def _spread(self, name: str, edges: tuple[float, ...], value: float, count: int = 1) -> None:
        """Count a time into the histogram of that name."""
        row = self._histograms.setdefault(name, [0] * (len(edges) - 1))
        row[place_in(edges, value)] += count

    def _open(self, minute: datetime) -> None:
        row = self._connection.execute(
            "SELECT counts, timings, histograms FROM analytics_pipelineminute WHERE minute = %s AND process = %s",
            [minute, self._process],
        ).fetchone()
        self._minute = minute
        self._counts, self._timings, self._histograms = row or ({}, {}, {})

    def _dead_letters(self, batch: Batch) -> None:
        flows = Flows(batch.tally.live_from)
        for dead in batch.dead:
            envelope = dead.envelope
            if site := self._site(batch, envelope.site_id):
                flows.add(site, envelope.received, FAILED)
            self._connection.execute(_DEAD, [
                envelope.site_id, dead.reason[:200], dead.detail.replace("\0", ""), moment_of(envelope.received),
                envelope.origin, envelope.ua, dead.raw, 1, datetime.now(UTC),
            ])
        flows.write(self._connection)

    @staticmethod
    def _site(batch: Batch, site_id: int) -> SiteInfo | None:
        try:
            return batch.site_of(site_id)
        except LookupError:
            return None  # deleted meanwhile

    def _reports(self, batch: Batch) -> None:
        """The collector's counters, which come the same way as events so that one process writes."""
        flows = Flows(batch.tally.live_from)
        for report in batch.reports:
            minute = moment_of(report["minute"])
            row = [minute, str(report["process"])[:30], Jsonb(report["counts"]), Jsonb(report.get("timings", {})),
                   Jsonb(report.get("histograms", {}))]
            self._connection.execute(_MINUTE, row)
            for site_id, reasons in report.get("rejected", {}).items():
                if (site := self._site(batch, int(site_id))) is None:
                    continue
                for reason, count in reasons.items():
                    flows.drop(site, report["minute"], Drop.LIMIT if reason == "limit" else Drop.INVALID, count)
                    self._connection.execute(
                        "INSERT INTO analytics_sitedaydrop AS d (organization_id, site_id, day, reason, detail, count)"
                        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (site_id, day, reason, detail)"
                        " DO UPDATE SET count = d.count + excluded.count",
                        [site.organization_id, site.id, minute.astimezone(site.clock.zone).date(),
                         Drop.LIMIT if reason == "limit" else Drop.INVALID, reason[:60], count],
                    )
        flows.write(self._connection)

    def _sites_seen(self, batch: Batch) -> None:
        latest: dict[SiteInfo, int] = {}
        for hit in batch.hits:
            if hit.received > latest.get(hit.site, 0):
                latest[hit.site] = hit.received
        self._told, self.published = [], False
        for site, received in latest.items():
            if site.detected and received - site.told_at < TELL_EVERY_MS:
                continue
            self._tell(site, moment_of(received))
            site.told_at = received
            self._told.append(site)

    def _tell(self, site: SiteInfo, at: datetime) -> None:
        first = self._connection.execute(
            "UPDATE analytics_site SET last_event_at = greatest(last_event_at, %s) WHERE id = %s"
            " RETURNING detected_at IS NULL", [at, site.id],
        ).fetchone()
        site.detected = True
        if first and first[0]:
            self._connection.execute("UPDATE analytics_site SET detected_at = %s WHERE id = %s", [at, site.id])
            self.published = True
            event = FirstEventSeen(site.organization_id, site.id, at)
            meta = FirstEventSeen.event_meta  # type: ignore[attr-defined]
            self._connection.execute(
                _EVENT, [site.organization_id, meta.name, f"analytics:{site.id}", Jsonb(to_payload(event))]
            )
