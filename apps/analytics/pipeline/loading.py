"""Events from the past through the pipeline's own stages, with its clock set back: demo data, imports, benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from apps.analytics.pipeline.core import Core
from apps.analytics.pipeline.hits import Envelope
from apps.metrics.live import mark_dirty

Clock = Callable[[list[Envelope]], int]


def newest(envelopes: list[Envelope]) -> int:
    """The clock of a batch: when its last envelope was received."""
    return max(envelope.received for envelope in envelopes)


def process_events(core: Core, rows: Iterable[Envelope], *, clock: Clock = newest, batch: int = 2000) -> int:
    """Take envelopes in, in batches of so many, each in its own transaction; returns how many events were stored.

    They must come in order of time. An envelope's id takes part in the id of events that bring none: give each its
    own, or the events theirs.
    """
    total, organizations = 0, set()
    for envelopes in _batches(rows, batch):
        try:
            with core.connection.transaction():
                outcome = core.process(envelopes, clock(envelopes), history=True)
        except BaseException:
            core.rolled_back()
            raise
        core.committed(outcome)
        total += len(outcome.batch.hits)
        organizations |= outcome.organizations
    mark_dirty(organizations, "analytics")
    return total


def _batches(rows: Iterable[Envelope], size: int) -> Iterator[list[Envelope]]:
    found = iter(rows)
    while batch := list(islice(found, size)):
        yield batch
