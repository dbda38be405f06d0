"""What is written down about a destination itself: its breaker, its last words, and whom to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.analytics.contracts import DeliveryDead, DestinationFailing, DestinationRecovered
from apps.analytics.delivery import outbox
from apps.analytics.delivery.health import Health
from apps.analytics.delivery.outbox import Minute, Taken, Unsent
from apps.analytics.enums import BreakerState
from apps.analytics.models import Destination
from apps.core.connections.state import note_ok
from apps.core.models import Connection
from apps.core.outbox import publish
from apps.core.providers import ProviderError

_HEALTH = ("breaker", "failures", "hold_until", "failing_since", "last_ok_at")
FRESH = timedelta(seconds=5)  # how exact "last success" is


def health_of(row: Destination) -> Health:
    """The stored breaker."""
    return Health(row.breaker, row.failures, row.hold_until, row.failing_since)


def note_probe(row: Destination) -> None:
    """One request is let through."""
    row.breaker = BreakerState.HALF_OPEN
    Destination.objects.filter(pk=row.pk).update(breaker=BreakerState.HALF_OPEN)


def note_request(
    row: Destination, error: ProviderError | None, now: datetime, *, asked_to_wait: bool, sent: int
) -> None:
    """A request ended. Within the transaction that writes down what became of its events, and after that.

    `row` is as it was when the request left, and is brought up to date. What its owner has deleted needs no note; where
    the account was changed meanwhile, a failure speaks of the old one.
    """
    found = Destination.objects.select_for_update(of=("self",)).select_related("connection").filter(pk=row.pk).first()
    if found is None or (error is not None and is_edited(row, found)):
        return
    for name in _HEALTH:
        setattr(row, name, getattr(found, name))
    before = health_of(row)
    if error is None:
        _answered(row, before, now, sent)
        return
    if asked_to_wait:
        after = before.asked_to_wait(now, error.retry_after or 0)
    else:
        after = before.failed(now, permanent=error.permanent, retry_after=error.retry_after)
    words = str(error)[:1000]
    _store(row, after, last_error=words, last_error_at=now)
    if after.breaker == BreakerState.OPEN and before.breaker == BreakerState.CLOSED:
        Connection.objects.filter(pk=row.connection_id).exclude(status=Connection.Status.PAUSED).update(
            status=Connection.Status.ERROR, last_error=words
        )
        publish(DestinationFailing(row.organization_id, row.pk, row.name, words))


def is_edited(row: Destination, found: Destination) -> bool:
    """Whether the answers to the vendor's questions were changed since `row` was read."""
    return (row.connection.config, row.connection.secrets) != (found.connection.config, found.connection.secrets)


def is_news(row: Destination, now: datetime, sent: int) -> bool:
    """Whether an answered request changes anything about the destination itself."""
    return health_of(row) != Health() or (bool(sent) and (row.last_ok_at is None or now - row.last_ok_at > FRESH))


def _answered(row: Destination, before: Health, now: datetime, sent: int) -> None:
    if is_news(row, now, sent):
        row.last_ok_at = now if sent else row.last_ok_at
        _store(row, before.succeeded(), last_ok_at=row.last_ok_at)
        if sent or before.breaker != BreakerState.CLOSED:
            note_ok(row.connection)
    if before.breaker != BreakerState.CLOSED:
        publish(DestinationRecovered(row.organization_id, row.pk, row.name))


def _store(row: Destination, health: Health, **values: object) -> None:
    row.breaker, row.failures = health.breaker, health.failures
    row.hold_until, row.failing_since = health.hold_until, health.failing_since
    Destination.objects.filter(pk=row.pk).update(
        breaker=health.breaker, failures=health.failures, hold_until=health.hold_until,
        failing_since=health.failing_since, **values,
    )


@transaction.atomic
def give_up(row: Destination, rows: Sequence[Taken], words: str, now: datetime, *, unsure: bool = False) -> None:
    """These are not sent, or not again, for this reason."""
    outbox.note_unsent([Unsent(one, words, None, unsure=unsure) for one in rows], now)
    outbox.note_minute(row.pk, now, Minute(dead=len(rows)))
    tell_dead(row, len(rows), words)


def tell_dead(row: Destination, count: int, words: str) -> None:
    """Events failed for good."""
    publish(DeliveryDead(row.organization_id, row.pk, row.name, count, words[:500]))


@transaction.atomic
def tell_expired(dead: dict[int, int]) -> None:
    """Events were given up because their destination was on hold for too long."""
    for row in Destination.objects.filter(pk__in=dead):
        tell_dead(row, dead[row.pk], row.last_error)
