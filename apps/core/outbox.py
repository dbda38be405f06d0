"""The outbox: facts and their events in one transaction, then to every receiver, in order per aggregate.

`publish` writes a row. The relay calls each receiver of a committed row inside a transaction that also writes a
receipt, so that a crash repeats what was rolled back and nothing that was committed. A receiver that fails holds
back the later events of its own aggregate only, and not the event's other receivers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import structlog
from celery import current_app
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.core import background, events
from apps.core.models import OutboxEvent, OutboxReceipt
from apps.core.tenancy import every_tenant, tenant

log = structlog.get_logger(__name__)

LOCK_SPACE = 0x6F757462  # "outb"
BATCH = 200
GIVE_UP_AFTER = 16
MAX_BACKOFF = timedelta(minutes=30)
CLEAN_BATCH = 5000


def publish(item: Any) -> OutboxEvent:
    """Store an event beside the facts it tells of. Must run inside a transaction; nudges the relay on commit.

    Transactions that publish on the same aggregate wait for each other here, so that numbers are given out in the
    order of their commits and the relay cannot overtake one that is still open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish() belongs inside the transaction that writes the facts")
    meta = item.event_meta
    aggregate = f"{meta.name.split('.')[0]}.{meta.aggregate}:{getattr(item, meta.aggregate)}"[:120]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, aggregate])
    row = OutboxEvent(
        organization_id=item.organization_id,
        name=meta.name,
        aggregate=aggregate,
        payload=events.to_payload(item),
    )
    row.save()
    transaction.on_commit(nudge, robust=True)
    return row


def nudge() -> None:
    """Ask a worker to relay now. Without a broker nothing is lost: beat asks every few seconds."""
    with contextlib.suppress(Exception):
        current_app.send_task("apps.core.tasks.relay_outbox", retry=False, ignore_result=True)


def relay_all() -> int:
    """Relay until nothing is due; returns how many events are done.

    It looks once more after giving the lock back: another relay may have been turned away for an event that this
    one had not seen yet.
    """
    total = 0
    while (done := relay()) is not None:
        total += done
        with every_tenant():
            if not _due().exists():
                break
    return total


def relay(limit: int = BATCH) -> int | None:
    """Hand due events to their receivers; returns how many are done, None while another relay is at work."""
    with every_tenant(), _only_one() as mine:
        if not mine:
            return None
        held: set[str] = set()
        done = 0
        for row in _due()[:limit]:
            if row.aggregate in held:
                continue
            if _dispatch(row):
                done += 1
            else:
                held.add(row.aggregate)
        return done


def failed() -> QuerySet[OutboxEvent]:
    """Events that were given up, for staff."""
    return OutboxEvent.objects.exclude(failed_at=None)


def retry(ids: Iterable[int]) -> int:
    """Give events that failed another full round of attempts, at once; returns how many."""
    count = OutboxEvent.objects.filter(id__in=ids, dispatched_at=None).update(
        attempts=0, failed_at=None, next_attempt_at=timezone.now()
    )
    transaction.on_commit(nudge, robust=True)
    return count


def clean(keep: timedelta) -> int:
    """Delete events handed over longer ago than `keep`, oldest first, in short transactions; returns how many."""
    total = 0
    with every_tenant():
        old = OutboxEvent.objects.filter(dispatched_at__lt=timezone.now() - keep).order_by("id")
        while ids := list(old.values_list("id", flat=True)[:CLEAN_BATCH]):
            OutboxReceipt.objects.filter(event_id__in=ids).delete()
            total += OutboxEvent.objects.filter(id__in=ids).delete()[0]
    return total


def _due() -> QuerySet[OutboxEvent]:
    now = timezone.now()
    open_rows = Q(dispatched_at=None, failed_at=None)
    waits_for_earlier = OutboxEvent.objects.filter(
        open_rows, aggregate=OuterRef("aggregate"), id__lt=OuterRef("id"), next_attempt_at__gt=now
    )
    return (
        OutboxEvent.objects.filter(open_rows, next_attempt_at__lte=now)
        .exclude(Exists(waits_for_earlier))
        .order_by("id")
    )


@contextlib.contextmanager
def _only_one() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_SPACE])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_SPACE])


def _dispatch(row: OutboxEvent) -> bool:
    failures: list[Exception] = []
    try:
        item = events.from_payload(row.name, row.payload)
    except Exception as error:
        _postpone(row, error)
        return False
    for path, receiver in events.receivers_of(row.name).items():
        try:
            _hand_over(row, path, receiver, item)
        except Exception as error:
            log.exception("outbox.receiver_failed", event_name=row.name, event_row=row.id, receiver=path)
            failures.append(error)
    if failures:
        _postpone(row, failures[0])
        return False
    row.dispatched_at = timezone.now()
    row.save(update_fields=["dispatched_at"])
    return True


def _hand_over(row: OutboxEvent, path: str, receiver: events.Receiver, item: Any) -> None:
    with tenant(row.organization_id):
        with transaction.atomic():
            receipt, fresh = OutboxReceipt.objects.get_or_create(event_id=row.id, receiver=path)
            if fresh:
                with background.collected() as asked:
                    receiver(item)
                if asked:
                    receipt.pending = asked
                    receipt.save(update_fields=["pending"])
        if receipt.pending:
            for name, args in receipt.pending:
                background.send(name, args)
            receipt.pending = []
            receipt.save(update_fields=["pending"])


def _postpone(row: OutboxEvent, error: Exception) -> None:
    row.attempts += 1
    row.last_error = f"{type(error).__name__}: {error}"[:2000]
    row.next_attempt_at = timezone.now() + min(timedelta(seconds=2**row.attempts), MAX_BACKOFF)
    if row.attempts >= GIVE_UP_AFTER:
        row.failed_at = timezone.now()
    row.save(update_fields=["attempts", "last_error", "next_attempt_at", "failed_at"])
