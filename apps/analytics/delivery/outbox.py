"""The outbox as the deliverer works on it: what is due, taking a batch, writing down what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.analytics.enums import BreakerState, DeliveryState

LEASE = timedelta(minutes=2)
SENT_KEPT = 1000
SKIPPED_KEPT = 200
KEPT = timedelta(days=30)
MINUTES_KEPT = timedelta(days=90)
CLICKS_KEPT = timedelta(days=90)
LOG_KEPT = 40
_DUE = """
SELECT d.id FROM analytics_destination d JOIN core_connection c ON c.id = d.connection_id
WHERE d.is_enabled AND c.status <> 'paused' AND (d.hold_until IS NULL OR d.hold_until <= %(now)s) AND EXISTS (
    SELECT 1 FROM analytics_delivery y WHERE y.destination_id = d.id AND y.state = 'waiting' AND y.next_at <= %(now)s
) ORDER BY d.id
"""
_LEASE = """
WITH due AS (
    SELECT id FROM analytics_delivery WHERE destination_id = %(pk)s AND state = 'waiting' AND next_at <= %(now)s
    ORDER BY next_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE analytics_delivery y SET is_leased = true, next_at = %(until)s FROM due WHERE y.id = due.id
RETURNING y.id, y.event_id, y.name, y.at, y.payload, y.attempts + 1, y.expires_at, y.is_asked, y.is_unsure
"""
_SENT = """
UPDATE analytics_delivery SET state = 'sent', is_leased = false, is_asked = false, is_unsure = id = ANY(%s),
    next_at = NULL, finished_at = %s, words = '', status = %s, answer = %s WHERE id = ANY(%s) AND state = 'waiting'
"""
_NOT_SENT = """
UPDATE analytics_delivery SET state = %s, is_leased = false, is_asked = false, is_unsure = is_unsure OR %s,
    next_at = %s, finished_at = %s, words = %s, status = %s, answer = %s,
    log = CASE WHEN jsonb_array_length(log) < %s THEN log ELSE log - 0 END || %s::jsonb
WHERE id = %s AND state = 'waiting'
"""
_UNSURE = """
UPDATE analytics_delivery SET is_asked = false, is_unsure = true,
    log = CASE WHEN jsonb_array_length(log) < %s THEN log ELSE log - 0 END || %s::jsonb WHERE id = ANY(%s)
"""
_EXPIRE = """
UPDATE analytics_delivery y SET state = 'dead', next_at = NULL, finished_at = %(now)s, is_asked = false,
    is_unsure = y.is_unsure OR y.is_asked, words = CASE WHEN y.words = '' THEN d.last_error ELSE y.words END
FROM analytics_destination d WHERE d.id = y.destination_id AND d.is_enabled AND d.breaker = %(open)s
    AND y.state = 'waiting' AND NOT y.is_leased AND y.expires_at <= %(now)s
RETURNING y.destination_id
"""
_MINUTE = """
INSERT INTO analytics_deliveryminute AS m (organization_id, destination_id, minute, sent, failed, retried, dead,
    skipped, requests, took_ms, took)
SELECT d.organization_id, d.id, %s, %s, %s, %s, %s, 0, %s, %s, %s FROM analytics_destination d WHERE d.id = %s
ON CONFLICT (destination_id, minute) DO UPDATE SET sent = m.sent + excluded.sent, failed = m.failed + excluded.failed,
    retried = m.retried + excluded.retried, dead = m.dead + excluded.dead, requests = m.requests + excluded.requests,
    took_ms = m.took_ms + excluded.took_ms,
    took = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0) FROM unnest(m.took, excluded.took) AS t(a, b))
"""
# One way to the database and back for what nearly every request ends in.
_SENT_IN = f"WITH sent AS ({_SENT}) {_MINUTE}"
_PRUNE = """
DELETE FROM analytics_delivery WHERE destination_id = %(pk)s AND state = %(state)s AND is_unsure = %(unsure)s AND id < (
    SELECT min(id) FROM (SELECT id FROM analytics_delivery WHERE destination_id = %(pk)s AND state = %(state)s
    AND is_unsure = %(unsure)s ORDER BY id DESC LIMIT %(most)s) AS newest)
"""
# By the index of the list: the oldest of each destination, so many at a time, and not the whole table.
_FORGET = """
DELETE FROM analytics_delivery WHERE finished_at < %(before)s AND id IN (
    SELECT id FROM analytics_delivery WHERE destination_id = %(pk)s AND state = %(state)s ORDER BY id LIMIT 5000)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that was taken to be sent; `attempts` counts this one. `is_asked`: whoever sent it before was stopped
    before the answer came; `is_unsure`: it may have arrived at an earlier attempt."""

    id: int
    event_id: str
    name: str
    at: datetime
    payload: dict[str, Any]
    attempts: int
    expires_at: datetime
    is_asked: bool = False
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Unsent:
    """What becomes of a row that was not taken over there: it waits until `next_at`, or is dead when there is none.
    `unsure`: it may have been taken, for its answer was lost."""

    row: Taken
    words: str
    next_at: datetime | None
    status: int = 0
    answer: str = ""
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Minute:
    """What is added to the minute of a destination."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    dead: int = 0
    requests: int = 0
    took_ms: int = 0
    took: Sequence[int] = ()


def due(now: datetime) -> list[int]:
    """Destinations that may be asked and have something to be sent."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now})
        return [row[0] for row in cursor.fetchall()]


def take(destination_id: int, most: int, now: datetime) -> list[Taken]:
    """Take up to so many rows. They come back by themselves if this process dies."""
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, {"pk": destination_id, "most": most, "now": now, "until": now + LEASE})
        rows = [(pk, key, name, at, _read(payload), *rest) for pk, key, name, at, payload, *rest in cursor.fetchall()]
    return sorted((Taken(*row) for row in rows), key=lambda row: row.id)


def _read(payload: Any) -> dict[str, Any]:
    return json.loads(payload) if isinstance(payload, str) else payload


def release(now: datetime) -> int:
    """Make due again what was being sent when the process before this one ended; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE analytics_delivery SET is_leased = false, next_at = %s WHERE is_leased", [now])
        return cursor.rowcount


def give_back(ids: Sequence[int], now: datetime) -> None:
    """These were taken and not tried."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE analytics_delivery SET is_leased = false, next_at = %s WHERE id = ANY(%s) AND is_leased",
            [now, list(ids)],
        )


def note_attempt(ids: Sequence[int]) -> None:
    """These are about to leave: a process that dies now has tried them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE analytics_delivery SET attempts = attempts + 1, is_asked = true WHERE id = ANY(%s)", [list(ids)]
        )


def note_unsure(ids: Sequence[int], now: datetime, words: str) -> None:
    """These had left when the process before this one was stopped; they are about to be sent again."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSURE, [LOG_KEPT, _entry(now, 0, words), list(ids)])


def note_sent(
    ids: Sequence[int], unsure: Sequence[int], now: datetime, status: int, answer: str, *, destination_id: int,
    minute: Minute,
) -> None:
    """These were taken over there, of which the `unsure` may have been taken twice; with what that adds to the
    destination's running minute. One statement, whole or not at all."""
    if not ids:
        note_minute(destination_id, now, minute)
        return
    with connection.cursor() as cursor:
        cursor.execute(_SENT_IN, [
            list(unsure), now, status, answer[:500], list(ids), *_minute_row(destination_id, now, minute),
        ])


def note_unsent(rows: Iterable[Unsent], now: datetime) -> None:
    """These were not."""
    with connection.cursor() as cursor:
        for row in rows:
            dead = row.next_at is None
            cursor.execute(_NOT_SENT, [
                DeliveryState.DEAD if dead else DeliveryState.WAITING, row.unsure, row.next_at, now if dead else None,
                row.words[:2000], row.status, row.answer[:4000], LOG_KEPT, _entry(now, row.status, row.words),
                row.row.id,
            ])


def _entry(now: datetime, status: int, words: str) -> str:
    return json.dumps([{"at": now.isoformat(), "status": status, "words": words[:500]}])


def note_minute(destination_id: int, now: datetime, minute: Minute) -> None:
    """Add to the destination's running minute; nothing when it was deleted meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_MINUTE, _minute_row(destination_id, now, minute))


def _minute_row(destination_id: int, now: datetime, minute: Minute) -> list[Any]:
    return [
        now.replace(second=0, microsecond=0), minute.sent, minute.failed, minute.retried, minute.dead,
        minute.requests, minute.took_ms, list(minute.took), destination_id,
    ]


def expire(now: datetime) -> dict[int, int]:
    """Give up events that have waited too long for destinations that are on hold; how many, by destination."""
    found: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"now": now, "open": BreakerState.OPEN})
        for (pk,) in cursor.fetchall():
            found[pk] = found.get(pk, 0) + 1
    return found


def prune(now: datetime) -> None:
    """Forget what is kept only for looking at."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM analytics_destination")
        for (pk,) in cursor.fetchall():
            for state, unsure, most in (
                (DeliveryState.SENT, False, SENT_KEPT), (DeliveryState.SENT, True, SENT_KEPT),
                (DeliveryState.SKIPPED, False, SKIPPED_KEPT),
            ):
                cursor.execute(_PRUNE, {"pk": pk, "state": state, "unsure": unsure, "most": most})
            for state in (DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.DEAD):
                cursor.execute(_FORGET, {"pk": pk, "state": state, "before": now - KEPT})
        cursor.execute("DELETE FROM analytics_deliveryminute WHERE minute < %s", [now - MINUTES_KEPT])
        cursor.execute("DELETE FROM analytics_visitorclick WHERE seen_at < %s", [now - CLICKS_KEPT])
