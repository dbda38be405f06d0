"""What went wrong on the way of an organization's events, as one log: what could not be counted (dead letters) and what
could not be sent on (deliveries that failed)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from apps.analytics.enums import DeliveryState, JobKind
from apps.analytics.models import DeadLetter, Delivery, Site, StoreJob
from apps.analytics.selectors.deliveries import dead_deliveries

PAGE = 50
COUNTING, SENDING = "counting", "sending"
OPEN, RETRYING, SETTLED = "open", "retrying", "settled"
KINDS, STATES = (COUNTING, SENDING), (OPEN, RETRYING, SETTLED)
_WAITING = """
SELECT count(*), extract(epoch FROM %s - min(received_at))
FROM (SELECT site_id, received_at FROM analytics_inbox ORDER BY id LIMIT 100000) w WHERE site_id = ANY(%s)
"""
_LETTERS = """
SELECT 'counting' AS kind, id, CASE WHEN replayed_at IS NOT NULL THEN 'settled' WHEN id = ANY(%(asked)s) THEN 'retrying'
    ELSE 'open' END AS state, failed_at AS at
FROM analytics_deadletter WHERE site_id = ANY(%(sites)s)
"""
# One that waits or was sent has gone wrong before if it says so.
_DELIVERIES = """
SELECT 'sending' AS kind, y.id,
    CASE y.state WHEN 'dead' THEN 'open' WHEN 'waiting' THEN 'retrying' ELSE 'settled' END AS state,
    coalesce(y.finished_at, (y.log -> -1 ->> 'at')::timestamptz, y.created_at) AS at
FROM analytics_delivery y JOIN analytics_destination d ON d.id = y.destination_id WHERE d.site_id = ANY(%(sites)s)
    AND (y.state = 'dead' OR y.state IN ('waiting', 'sent') AND jsonb_array_length(y.log) > 0)
"""
_NEWEST = """(SELECT * FROM ({rows}) found WHERE %(state)s IN ('', state) ORDER BY at DESC, id DESC LIMIT %(most)s)"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Requests that were accepted and are not counted yet, and since how many seconds the oldest waits."""

    requests: int
    seconds: float


def waiting(site_ids: Sequence[int], now: datetime) -> Waiting:
    """What of these sites waits in the inbox."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [now, list(site_ids)])
        count, seconds = cursor.fetchone()
    return Waiting(count, max(float(seconds or 0), 0.0))


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log is looked at: one kind or both (""), one state or all (""), one site or all (None)."""

    kind: str = ""
    state: str = ""
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: the dead letter or the delivery, of which site, and whether it waits for a decision (open),
    is being tried again (retrying) or was counted or taken in the end (settled)."""

    kind: str
    state: str
    at: datetime
    site: Site
    letter: DeadLetter | None = None
    delivery: Delivery | None = None

    @property
    def id(self) -> int:
        """Of the letter or the delivery."""
        return int((self.letter or self.delivery).pk)  # type: ignore[union-attr]

    @property
    def can_replay(self) -> bool:
        """Whether there is anything to be done, and anything left to do it with."""
        return self.state == OPEN and (self.delivery is None or bool(self.delivery.payload))


def log(sites: dict[int, Site], asked: Asked, offset: int = 0) -> tuple[list[Entry], bool]:
    """A page of what went wrong at these sites, newest first, and whether there is more."""
    ids = [asked.site_id] if asked.site_id is not None else list(sites)
    branches = [(COUNTING, _LETTERS), (SENDING, _DELIVERIES)]
    rows = " UNION ALL ".join(_NEWEST.format(rows=sql) for kind, sql in branches if asked.kind in ("", kind))
    params = {
        "sites": ids, "asked": list(letters_asked(ids)), "state": asked.state, "most": offset + PAGE + 1,
        "page": PAGE + 1, "offset": offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({rows}) log ORDER BY at DESC, kind, id DESC LIMIT %(page)s OFFSET %(offset)s", params
        )
        found = cursor.fetchall()
    return _entries(sites, found[:PAGE]), len(found) > PAGE


def _entries(sites: dict[int, Site], found: Sequence[tuple[str, int, str, datetime]]) -> list[Entry]:
    letters = DeadLetter.objects.defer("raw").in_bulk([pk for kind, pk, _state, _at in found if kind == COUNTING])
    deliveries = Delivery.objects.select_related("destination__site", "destination__connection").defer("answer") \
        .in_bulk([pk for kind, pk, _state, _at in found if kind == SENDING])
    entries = []
    for kind, pk, state, at in found:
        letter, delivery = letters.get(pk) if kind == COUNTING else None, deliveries.get(pk)
        if letter is not None:
            entries.append(Entry(kind, state, at, sites[letter.site_id], letter))  # type: ignore[index]
        elif kind == SENDING and delivery is not None:
            entries.append(Entry(kind, state, at, sites[delivery.destination.site_id], delivery=delivery))
    return entries


@dataclass(frozen=True, slots=True)
class Open:
    """How many events wait for a decision."""

    counting: int = 0
    sending: int = 0

    @property
    def total(self) -> int:
        """Together."""
        return self.counting + self.sending


def errors_open(site_ids: Sequence[int], kind: str = "") -> Open:
    """How many events of these sites wait for a decision, of one kind or both. A delivery of which nothing is left to
    send is not among them."""
    counting = sum(letters_open(site_ids).values()) if kind in ("", COUNTING) else 0
    if kind not in ("", SENDING):
        return Open(counting)
    dead = Delivery.objects.filter(state=DeliveryState.DEAD, destination__site_id__in=list(site_ids))
    return Open(counting, dead.exclude(payload={}).count())


def letters_open(site_ids: Sequence[int]) -> dict[int, int]:
    """How many dead letters wait for a decision, by site."""
    asked = letters_asked(site_ids)
    rows = DeadLetter.objects.filter(site_id__in=list(site_ids), replayed_at=None).exclude(id__in=asked)
    return dict(rows.values_list("site_id").annotate(n=Count("id")).values_list("site_id", "n"))


def letters_asked(site_ids: Sequence[int]) -> set[int]:
    """Dead letters that the pipeline has been asked to take in again and has not yet."""
    jobs = StoreJob.objects.filter(kind=JobKind.REPLAY, done_at=None, site_id__in=list(site_ids))
    return {letter for params in jobs.values_list("params", flat=True) for letter in params.get("letters", ())}


def deliveries_open(site_ids: Sequence[int]) -> dict[int, list[int]]:
    """The deliveries of these sites that wait for a decision, by destination."""
    found: dict[int, list[int]] = {}
    rows = dead_deliveries().filter(destination__site_id__in=list(site_ids)).exclude(payload={})
    for destination, pk in rows.values_list("destination_id", "id"):
        found.setdefault(destination, []).append(pk)
    return found
