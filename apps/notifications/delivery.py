"""Mail on its way: queued in the transaction that wants it, sent by a worker, never doubled.

    queued → sending → sent | failed | unconfirmed

A worker owns an attempt by its number; one that was thought dead and was replaced finds out before it hands
anything over. What a crash leaves in `sending` is sent again if it was not handed over yet, or if the way is
idempotent; else it is `unconfirmed`, because sending it again could double it.
"""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import background, bucket
from apps.core.connections.state import note_failure
from apps.core.providers import ProviderError
from apps.core.tenancy import every_tenant, tenant
from apps.notifications.contracts import Message, MessageRefused, Unconfirmed
from apps.notifications.enums import DeliveryStatus
from apps.notifications.models import Delivery, new_key
from apps.notifications.routes import Route, route_for

log = structlog.get_logger(__name__)

TASK = "apps.notifications.tasks.deliver"
GIVE_UP_AFTER = 12
SAFE_AGAIN = timedelta(hours=23)  # vendors remember keys for a day
STUCK_AFTER = timedelta(minutes=3)  # no transport takes as long
LEASE = timedelta(minutes=2)
MAX_BACKOFF = timedelta(hours=3)
PACE_SECONDS = 5.0


class _Replaced(Exception):
    """Another worker has taken this attempt over; nothing was handed over by this one."""


def queue(message: Message, *, organization_id: int | None = None, kind: str = "system", key: str = "") -> Delivery:
    """Queue a mail in the running transaction. The same key twice is the same mail, sent once."""
    delivery, fresh = Delivery.objects.get_or_create(
        key=key or new_key(),
        defaults={
            "organization_id": organization_id, "kind": kind, "to": ", ".join(message.to)[:500],
            "subject": message.subject[:300], "content": message.to_json(),
        },
    )
    if fresh:
        background.enqueue(TASK, delivery.id)
    return delivery


def deliver(delivery_id: int) -> str:
    """Send one queued mail, if it is still to be sent; returns its status."""
    with every_tenant():
        row = _claim(delivery_id)
        if row is None:
            return "not waiting"
        route = _route(row)
        if route is None:
            return str(row.status)
        if not bucket.wait_for(f"mail:{route.name}", route.transport.pace, at_most_seconds=PACE_SECONDS):
            return _again(row, _("Waiting for the rate limit."), wait=timedelta(seconds=PACE_SECONDS), counts=False)
        return _send(row, route)


def claim_due(limit: int = 500) -> list[int]:
    """Mails whose time has come, for the schedule; also those a crash has left behind."""
    now = timezone.now()
    with every_tenant():
        for row in Delivery.objects.filter(status=DeliveryStatus.SENDING, sending_since__lt=now - STUCK_AFTER):
            # Not handed over: sent again. Handed over: the next try finds out whether it may be.
            _mine(row).update(status=DeliveryStatus.QUEUED, sending_since=None, next_attempt_at=now)
        ids = list(
            Delivery.objects.filter(status=DeliveryStatus.QUEUED, next_attempt_at__lte=now)
            .order_by("next_attempt_at").values_list("id", flat=True)[:limit]
        )
        Delivery.objects.filter(id__in=ids, status=DeliveryStatus.QUEUED).update(next_attempt_at=now + LEASE)
    return ids


def send_again(delivery: Delivery) -> None:
    """A person wants a failed or unconfirmed mail sent again, and takes it upon them that it may be doubled."""
    if not delivery.content:
        raise ValueError("the contents are gone")
    Delivery.objects.filter(
        pk=delivery.pk, status__in=[DeliveryStatus.FAILED, DeliveryStatus.UNCONFIRMED]
    ).update(
        status=DeliveryStatus.QUEUED, attempts=0, next_attempt_at=timezone.now(), handed_over_at=None, transport="",
        key=new_key(),
    )
    background.enqueue(TASK, delivery.pk)


def clean(keep: timedelta) -> int:
    """Forget what became of mails longer ago than `keep`; returns how many."""
    ended = ~Q(status__in=[DeliveryStatus.QUEUED, DeliveryStatus.SENDING])
    with every_tenant():
        return Delivery.objects.filter(ended, created_at__lt=timezone.now() - keep).delete()[0]


def _claim(delivery_id: int) -> Delivery | None:
    row = Delivery.objects.filter(pk=delivery_id, status=DeliveryStatus.QUEUED).first()
    if row is None:
        return None
    row.attempts += 1
    row.status, row.sending_since = DeliveryStatus.SENDING, timezone.now()
    taken = Delivery.objects.filter(pk=row.pk, status=DeliveryStatus.QUEUED, attempts=row.attempts - 1).update(
        status=row.status, attempts=row.attempts, sending_since=row.sending_since
    )
    return row if taken else None


def _route(row: Delivery) -> Route | None:
    """The way to go, or None when the row has been settled without one."""
    try:
        route = route_for(row.organization_id)
    except Exception as error:
        log.exception("mail.no_route", delivery=row.pk)
        _again(row, f"{type(error).__name__}: {error}")
        return None
    if route is None:
        _again(row, _("No way to send mail is set up on this installation."))
        return None
    if row.handed_over_at and not _may_repeat(row, route):
        _settle(row, DeliveryStatus.UNCONFIRMED, row.last_error or _("Its answer was lost."))
        return None
    return route


def _may_repeat(row: Delivery, route: Route) -> bool:
    young = row.handed_over_at is not None and row.handed_over_at > timezone.now() - SAFE_AGAIN
    return route.transport.idempotent and route.name == row.transport and young


def _send(row: Delivery, route: Route) -> str:
    message = Message.from_json(row.content)
    try:
        remote_id = route.transport.send(message, row.key, functools.partial(_handing_over, row, route))
    except _Replaced:
        return "replaced"
    except ProviderError as error:
        return _not_sent(row, route, error)
    except Exception as error:
        log.exception("mail.transport_broke", delivery=row.pk, transport=route.name)
        row.refresh_from_db(fields=["handed_over_at"])
        return _unknown(row, route, type(error).__name__) if row.handed_over_at else _again(row, type(error).__name__)
    return _sent(row, route, remote_id)


def _not_sent(row: Delivery, route: Route, error: ProviderError) -> str:
    if isinstance(error, MessageRefused):
        return _settle(row, DeliveryStatus.FAILED, str(error))
    if isinstance(error, Unconfirmed):
        return _unknown(row, route, str(error))
    return _refused(row, route, error)


def _unknown(row: Delivery, route: Route, reason: str) -> str:
    if route.transport.idempotent:
        return _again(row, reason, keep_fate=True)
    return _settle(row, DeliveryStatus.UNCONFIRMED, reason)


def _handing_over(row: Delivery, route: Route) -> None:
    """From here on the fate of the mail is not in our hands; refuses when this attempt is no longer ours."""
    now = row.handed_over_at or timezone.now()
    mine = Delivery.objects.filter(pk=row.pk, status=DeliveryStatus.SENDING, attempts=row.attempts)
    if not mine.update(handed_over_at=now, transport=route.name):
        raise _Replaced


def _refused(row: Delivery, route: Route, error: ProviderError) -> str:
    """The account did not take it. A broken account of the organization is put aside; the next try goes round it."""
    if error.permanent and route.connection is not None:
        with tenant(route.connection.organization_id):
            note_failure(route.connection, error)
        return _again(row, str(error), wait=timedelta(seconds=1))
    if error.permanent:
        log.error("mail.account_refused", transport=route.name, reason=str(error))
    wait = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
    return _again(row, str(error), wait=wait)


def _again(
    row: Delivery, reason: str, *, wait: timedelta | None = None, counts: bool = True, keep_fate: bool = False
) -> str:
    if counts and row.attempts >= GIVE_UP_AFTER:
        return _settle(row, DeliveryStatus.UNCONFIRMED if keep_fate else DeliveryStatus.FAILED, reason)
    values: dict[str, Any] = {
        "status": DeliveryStatus.QUEUED, "last_error": reason[:1000], "sending_since": None,
        "next_attempt_at": timezone.now() + (wait or min(timedelta(seconds=5 * 2**row.attempts), MAX_BACKOFF)),
    }
    if not counts:
        values["attempts"] = row.attempts - 1
    if not keep_fate and row.handed_over_at is None:
        values |= {"handed_over_at": None}  # this attempt was answered; an earlier one may still be open
    _mine(row).update(**values)
    row.status = DeliveryStatus.QUEUED
    return row.status.value


def _settle(row: Delivery, status: DeliveryStatus, reason: str) -> str:
    _mine(row).update(status=status, last_error=reason[:1000], sending_since=None)
    log.warning("mail.not_sent", delivery=row.pk, status=status.value, reason=reason[:200])
    row.status = status
    return status.value


def _sent(row: Delivery, route: Route, remote_id: str) -> str:
    values: dict[str, Any] = {} if route.transport.keeps else {"content": {}}
    _mine(row).update(
        status=DeliveryStatus.SENT, sent_at=timezone.now(), sending_since=None, remote_id=remote_id[:200],
        transport=route.name, last_error="", **values,
    )
    return DeliveryStatus.SENT.value


def _mine(row: Delivery) -> Any:
    return Delivery.objects.filter(pk=row.pk, status=DeliveryStatus.SENDING, attempts=row.attempts)
