"""Background work of the ground floor."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from apps.core import background, outbox, revocation, sync
from apps.core.api import idempotency
from apps.core.ops import request_minutes, sampling
from apps.core.tenancy import every_tenant


@shared_task
def relay_outbox() -> int:
    """Hand committed events to their receivers until none is due."""
    return outbox.relay_all()


@shared_task
def clean_outbox() -> int:
    """Forget events that were handed over longer ago than anybody looks back."""
    return outbox.clean(timedelta(days=settings.OUTBOX_KEEP_DAYS))


@shared_task
def sync_due() -> int:
    """Start the sync of every connection whose time has come; returns how many."""
    with every_tenant():
        found = sync.claim_due()
    for org_id, connection_id in found:
        background.enqueue(sync_connection, org_id, connection_id)
    return len(found)


@background.tenant_task()
def sync_connection(org_id: int, connection_id: int) -> str:
    """Sync one connection."""
    return sync.run(connection_id).value


@shared_task
def revoke_access() -> int:
    """Give back, at vendors, the access of connections that are gone; returns how many were dealt with."""
    return revocation.revoke_due()


@shared_task
def measure_installation() -> bool:
    """What the machine and the web processes did in the last minute, and the hours made of such minutes."""
    request_minutes.gather()
    with every_tenant():
        is_new = sampling.sample()
    sampling.fold()
    sampling.forget()
    return is_new


@shared_task
def forget_answers() -> int:
    """Remove answers that were kept for idempotency keys longer than a day."""
    return idempotency.forget_old()
