"""What happens to a batch, in this order. Each stage is timed; all of them run within one transaction.

A feature that needs to see every event adds a stage to `STAGES` where it belongs: looking up companies by network
goes after `sessionise` (the address is still known, the visit already is), filling the queues of destinations goes
after `write` (rows of the same transaction: an event that is stored is delivered, one that is rolled back is not).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from apps.analytics.enums import Drop, EventFlag, Origin
from apps.analytics.pipeline import sessions
from apps.analytics.pipeline.batch import Batch, Dead, Sent
from apps.analytics.pipeline.clock import moment_of
from apps.analytics.pipeline.dedup import Duplicates
from apps.analytics.pipeline.enrich import Dropped, Enricher, user_mark
from apps.analytics.pipeline.hits import Hit
from apps.analytics.pipeline.identities import Identities
from apps.analytics.pipeline.memory import Memory
from apps.analytics.pipeline.outbox import Outbox
from apps.analytics.pipeline.recognition import Recognition
from apps.analytics.pipeline.rows import printable
from apps.analytics.pipeline.sites import Sites
from apps.analytics.store import EventStore

_TEST, _IMPORTED, _COUNTERS = int(EventFlag.TEST), int(EventFlag.IMPORTED), int(Origin.COUNTERS)
FIRST = "\0first"  # the number of the first event of an envelope that was taken apart


@dataclass(slots=True)
class Tools:
    """What the stages work with; lives as long as the process."""

    sites: Sites
    enricher: Enricher
    duplicates: Duplicates
    identities: Identities
    memory: Memory
    store: EventStore
    outbox: Outbox
    recognition: Recognition


def unpack(batch: Batch, tools: Tools) -> None:
    """Bodies into events. What is no JSON, or of no known form, is dead; a deleted site's events are let go."""
    sent, loads, sites = batch.sent, orjson.loads, tools.sites
    for envelope in batch.envelopes:
        try:
            body = envelope.body
            if type(body) is not dict:
                body = loads(body)
            if envelope.origin == _COUNTERS:
                batch.reports.append(body)
                continue
            site = sites.get(envelope.site_id)
            if site is None:
                continue
            if type(body) is dict and "events" not in body:
                sent.append((envelope, site, body, 0))
                continue
            common, events = _opened(body)
            first = common.pop(FIRST, 0)
            for number, event in enumerate(events, first if type(first) is int else 0):
                sent.append((envelope, site, {**common, **event} if common else event, number))
        except (orjson.JSONDecodeError, TypeError, AttributeError) as error:
            batch.dead.append(Dead(envelope, "unreadable", str(error), envelope.body))
    batch.received = len(sent)


def _opened(body: Any) -> tuple[dict[str, Any], list[Any]]:
    """What a body says of all its events, and the events."""
    if isinstance(body, list):
        return {}, body
    events = body.pop("events")
    return body, events


def enrich(batch: Batch, tools: Tools) -> None:
    """Events into hits; robots, spam and strangers' hosts are counted and left out, what breaks is dead."""
    hits, make = batch.hits, tools.enricher.hit
    for sent in batch.sent:
        try:
            hits.append(make(*sent))
        except Dropped as drop:
            batch.drop(sent[1], sent[0].received, drop.reason, drop.detail)
        except Exception as error:
            _bury(batch, sent, error)  # whatever it is, it must not stop the others
    hits.sort(key=attrgetter("at", "id"))


def _bury(batch: Batch, sent: Sent, error: Exception) -> None:
    envelope, site, event, number = sent
    raw = orjson.dumps({FIRST: number, "events": [event]})
    batch.dead.append(Dead(envelope, type(error).__name__, str(error)[:2000], raw))
    batch.drop(site, envelope.received, Drop.POISON)


def deduplicate(batch: Batch, tools: Tools) -> None:
    """An event id that a site has sent before is counted as a duplicate and nothing else."""
    fresh, repeated = tools.duplicates.sift(batch.hits)
    for hit in repeated:
        batch.drop(hit.site, hit.received, Drop.DUPLICATE)
    batch.hits, batch.duplicates = fresh, len(repeated)


def sessionise(batch: Batch, tools: Tools) -> None:
    """Join known users to their browsers, then hits to visits. Tests are stored and never counted."""
    counted = [hit for hit in batch.hits if not hit.flags & _TEST]
    _join_users(batch, tools, counted)
    tools.memory.load(counted, tools.enricher.before)
    batch.visits = list(sessions.assign(counted, tools.memory).values())


def _join_users(batch: Batch, tools: Tools, hits: list[Hit]) -> None:
    named = [hit for hit in hits if hit.uid]
    if not named:
        return
    tools.identities.load({(hit.site.id, hit.uid) for hit in named})
    for hit in named:
        only_named = hit.visitor == user_mark(hit.site.id, hit.uid)
        if only_named:
            hit.visitor = tools.identities.visitor(hit.site.id, hit.uid) or hit.visitor
        elif hit.visitor and tools.identities.learn(hit.site.id, hit.uid, hit.visitor, hit.traits):
            batch.identities.append((
                hit.site.organization_id, hit.site.id, hit.uid, hit.visitor, Jsonb(printable(hit.traits or {})),
                moment_of(hit.at),
            ))


def recognise(batch: Batch, tools: Tools) -> None:
    """Say which companies the new visits come from, while the address is still known."""
    tools.recognition.run(batch)


def store(batch: Batch, tools: Tools) -> None:
    """Begin to store the events; PostgreSQL takes them in while they are being counted. Those of an import are marked:
    they were received when it was started."""
    if batch.imported:
        for hit in batch.hits:
            hit.received = batch.imported
            hit.flags |= _IMPORTED
    tools.store.begin(batch)


def tally(batch: Batch, tools: Tools) -> None:
    """Count."""
    batch.tally.count([hit for hit in batch.hits if not hit.flags & _TEST])
    batch.tally.settle(batch.visits, batch.site_of)


def write(batch: Batch, tools: Tools) -> None:
    """Store visits and figures, and wait for all that is being stored."""
    tools.store.end(batch)
    batch.meanwhile()
    tools.store.finish()


def queue(batch: Batch, tools: Tools) -> None:
    """Put what is to be sent on into the outboxes of the sites' destinations."""
    tools.outbox.fill(batch)


@dataclass(frozen=True, slots=True)
class Stage:
    """A step with the name it is timed under. One that may go `ahead` needs only what is known of sites and senders,
    and may be done while the batch before is still being written."""

    key: str
    run: Callable[[Batch, Tools], None]
    ahead: bool = False


STAGES = (
    Stage("unpack", unpack, ahead=True),
    Stage("enrich", enrich, ahead=True),
    Stage("deduplicate", deduplicate),
    Stage("sessionise", sessionise),
    Stage("recognise", recognise),
    Stage("store", store),
    Stage("tally", tally),
    Stage("write", write),
    Stage("queue", queue),
)
