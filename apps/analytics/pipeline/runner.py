"""The pipeline process: batch after batch, until told to stop; survives the loss of PostgreSQL and of Redis."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import structlog
from django.conf import settings

from apps.analytics.database import connect
from apps.analytics.enums import Origin
from apps.analytics.pipeline.ahead import Ahead
from apps.analytics.pipeline.batch import Batch, Dead
from apps.analytics.pipeline.core import Core, Outcome
from apps.analytics.pipeline.hits import Envelope
from apps.analytics.pipeline.housekeeping import Housekeeping
from apps.analytics.pipeline.inbox import InboxReader, Vanished
from apps.analytics.pipeline.jobs import Jobs
from apps.analytics.pipeline.ledger import Ledger
from apps.analytics.pipeline.stages import FIRST
from apps.analytics.pipeline.tally import Tally
from apps.analytics.streaming import publish
from apps.core.outbox import nudge
from apps.metrics.live import mark_dirty

log = structlog.get_logger(__name__)
LOCK = 0x70697065  # "pipe"
PACE_SECONDS = 0.1
COLLECT_SECONDS = 60.0
SOURCE = "analytics"


class Stopped(Exception):
    """Somebody asked the process to end."""


class Runner:
    """One writer of the event store; of several, each takes the sites of its shard."""

    def __init__(self, shard: tuple[int, int] = (0, 1), stopping: Callable[[], bool] = lambda: False) -> None:
        self._shard = shard
        self._stopping = stopping
        self._name = f"pipeline {shard[0] + 1}/{shard[1]}" if shard[1] > 1 else "pipeline"
        self._connection: Any = None
        self._aside: Any = None

    def run(self) -> None:
        """Work until stopped."""
        pause = 0.2
        while not self._stopping():
            try:
                self.start()
                pause = 0.2
                while not self._stopping():
                    self._turn()
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("pipeline.database_gone", error=str(error).strip(), again_in=pause)
                self._wait(pause)
                pause = min(pause * 2, 5.0)
            except Stopped:
                break
            finally:
                self.close()

    def close(self) -> None:
        """Let the connection go, and with it the lock."""
        for connection in (self._connection, self._aside):
            if connection is not None:
                connection.close()
        self._connection = self._aside = None

    def start(self) -> None:
        """Connect, become the only writer of the shard, read what is needed."""
        connection = self._connection = connect()
        while not connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, self._shard[0]]).fetchone()[0]:
            self._wait(1.0)
        self._aside = connect()
        self.core = Core(connection, aside=self._aside)
        self.inbox = InboxReader(connection, settings.PIPELINE_BATCH, self._shard)
        self.ahead = Ahead(self.core, self.inbox, self._aside)
        self.ledger = Ledger(connection, self._name)
        self.ledger.lookups = self.core.enricher.lookups
        self.jobs = Jobs(self.core, self._shard)
        self.housekeeping = Housekeeping(self.core, self._shard)
        connection.execute("LISTEN analytics_sites")
        connection.execute("LISTEN analytics_jobs")
        self.housekeeping.run()
        # A batch makes a hundred thousand objects that die with it; looking for circles among them is a fifth of the
        # work. Those there are (visitors who have been let go) are looked for now and then.
        gc.disable()
        gc.collect()
        gc.freeze()
        self._collected_at = time.monotonic()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._stopping():
                raise Stopped
            time.sleep(min(0.1, seconds))

    def _turn(self) -> None:
        began = time.monotonic()
        events = self.step()
        self.jobs.run_waiting()
        self.housekeeping.run_if_due()
        if time.monotonic() - self._collected_at > COLLECT_SECONDS:
            gc.collect()
            self._collected_at = time.monotonic()
        rest = PACE_SECONDS - (time.monotonic() - began)
        if events < 1000 and rest > 0:
            self._listen(rest)
        else:
            self._listen(0)

    def _listen(self, seconds: float) -> None:
        for note in self._connection.notifies(timeout=seconds, stop_after=1):
            if note.channel == "analytics_sites":
                self.core.sites.refresh()
            else:
                self.jobs.look()

    def step(self) -> int:
        """One batch; returns how many events it held."""
        taken: list[Envelope] = []
        try:
            outcome = self._forward(taken)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Vanished:
            log.warning("pipeline.batch_vanished")
            self._undo()
            return 0
        except Exception as error:
            log.exception("pipeline.batch_failed", envelopes=len(taken))
            self._undo()
            if not taken:
                raise
            self._isolate([envelope.id for envelope in taken], error)
            return len(taken)
        return self._done(outcome) if outcome else 0

    def _forward(self, taken: list[Envelope]) -> Outcome | None:
        """The batch that was made ready meanwhile, or what is waiting; and make the next one ready."""
        began = time.perf_counter()
        with self._connection.transaction():
            outcome = self.ahead.take()
            if outcome is None:
                taken += self.inbox.take()
                if not taken:
                    return None
                read = time.perf_counter() - began
                outcome = self.core.prepare(taken, int(time.time() * 1000))
            else:
                taken += outcome.batch.envelopes
                read = outcome.read_seconds
            self.core.finish(outcome, self.ahead.prepare)
            self.ledger.write(outcome, read, outcome.batch.now)
        return outcome

    def _attempt(self, taken: list[Envelope], take: Callable[[], list[Envelope]]) -> Outcome | None:
        began = time.perf_counter()
        with self._connection.transaction():
            taken += take()
            if not taken:
                return None
            read = time.perf_counter() - began
            now = int(time.time() * 1000)
            outcome = self.core.process(taken, now)
            self.ledger.write(outcome, read, now)
        return outcome

    def _done(self, outcome: Outcome) -> int:
        self.core.committed(outcome)
        publish(outcome.batch.hits)
        mark_dirty(outcome.organizations, SOURCE)
        if self.ledger.published:
            nudge()
        return outcome.batch.received

    def _undo(self) -> None:
        self.ahead.drop()
        self.core.rolled_back()
        self.ledger.rolled_back()

    def _isolate(self, ids: list[int], error: Exception) -> None:
        """A batch that cannot be stored is halved until what breaks it is alone."""
        if len(ids) == 1:
            self._one_by_one(ids[0], error)
            return
        middle = len(ids) // 2
        for half in (ids[:middle], ids[middle:]):
            taken: list[Envelope] = []
            try:
                outcome = self._attempt(taken, lambda half=half: self.inbox.take_again(half))
            except psycopg.OperationalError:
                raise
            except Exception as found:
                self._undo()
                self._isolate(half, found)
            else:
                if outcome:
                    self._done(outcome)

    def _one_by_one(self, row: int, error: Exception) -> None:
        """The events of one envelope, each on its own; what cannot be stored becomes a dead letter."""
        dead: list[Dead] = []
        outcomes: list[Outcome] = []
        with self._connection.transaction():
            for envelope in self.inbox.take_again([row]):
                for single in singles(envelope):
                    try:
                        with self._connection.transaction():
                            outcome = self.core.process([single], int(time.time() * 1000))
                            self.core.store.clear_scratch()
                        self.core.committed(outcome)
                        outcomes.append(outcome)
                    except psycopg.OperationalError:
                        raise
                    except Exception as found:
                        self.core.rolled_back()
                        dead.append(Dead(envelope, type(found).__name__, str(found)[:2000], single.body))
                self._bury(envelope, dead, outcomes)
        for outcome in outcomes:
            publish(outcome.batch.hits)
            mark_dirty(outcome.organizations, SOURCE)

    def _bury(self, envelope: Envelope, dead: list[Dead], outcomes: list[Outcome]) -> None:
        summary = outcomes[0] if outcomes else Outcome(Batch([envelope], 0, self.core.site_of, Tally(0)))
        summary.batch.dead += dead
        self.ledger.write(summary, 0.0, int(time.time() * 1000))


def singles(envelope: Envelope) -> list[Envelope]:
    """An envelope as one for each of its events; one that cannot be read stays whole."""
    try:
        body = orjson.loads(envelope.body)
    except orjson.JSONDecodeError:
        return [envelope]
    if envelope.origin == Origin.COUNTERS or not isinstance(body, (list, dict)):
        return [envelope]
    events = body if isinstance(body, list) else body.get("events", [body])
    common = {} if isinstance(body, list) or "events" not in body else {k: v for k, v in body.items() if k != "events"}
    return [
        envelope._replace(body=orjson.dumps({**common, FIRST: number, "events": [event]}))
        for number, event in enumerate(events)
    ]
