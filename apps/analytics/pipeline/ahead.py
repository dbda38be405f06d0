"""The next batch is made ready while PostgreSQL writes this one.

Only what needs no memory of visitors is done ahead: reading, taking apart and enriching. The envelopes stay in the
inbox until the transaction that stores their events takes them out: nothing is lost or doubled, whatever happens.
"""

from __future__ import annotations

from time import perf_counter, time
from typing import Any

import psycopg
import structlog

from apps.analytics.pipeline.core import Core, Outcome
from apps.analytics.pipeline.inbox import InboxReader

log = structlog.get_logger(__name__)
WORTH_EVENTS = 2_000
MOST_IN_A_ROW = 20


class Ahead:
    """At most one batch that was made ready. It is let go when what is known of the sites has changed since."""

    def __init__(self, core: Core, inbox: InboxReader, connection: Any) -> None:
        self._core = core
        self._inbox = inbox
        self._connection = connection
        self._ready: Outcome | None = None
        self._version = 0
        self._in_a_row = 0

    def prepare(self, current: Outcome) -> None:
        """Make the batch behind this one ready, if so much is waiting that it matters.

        Envelopes with a smaller id that were committed later are not seen here: now and then nothing is made ready, so
        that they have their turn.
        """
        self._in_a_row += 1
        if current.batch.received < WORTH_EVENTS or self._in_a_row > MOST_IN_A_ROW:
            self._in_a_row = 0
            return
        began, version = perf_counter(), self._core.sites.version
        try:
            envelopes = self._inbox.look(self._connection, current.batch.envelopes[-1].id)
            ready = self._core.prepare(envelopes, int(time() * 1000)) if envelopes else None
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("pipeline.ahead_failed")  # it will fail again where failing is dealt with
            return
        if ready is not None:
            ready.read_seconds = perf_counter() - began - sum(ready.seconds.values())
            self._ready, self._version = ready, version

    def take(self) -> Outcome | None:
        """The batch that was made ready, out of the inbox within the caller's transaction; None if there is none."""
        ready = self._ready
        if ready is None or self._version != self._core.sites.version:
            self._ready = None
            return None
        began = perf_counter()
        self._inbox.remove(ready.batch.envelopes)
        ready.read_seconds += perf_counter() - began
        self._ready = None
        return ready

    def drop(self) -> None:
        """Forget what was made ready: it is still in the inbox."""
        self._ready = None
