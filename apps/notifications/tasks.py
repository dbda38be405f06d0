"""Background work of notifications. Mails may be nobody's, so these tasks find the organization on the row."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from apps.core import background
from apps.notifications import delivery, services


@shared_task
def deliver(delivery_id: int) -> str:
    """Send one mail."""
    return delivery.deliver(delivery_id)


@shared_task
def deliver_due() -> int:
    """Ask for every mail whose time has come; returns how many."""
    ids = delivery.claim_due()
    for delivery_id in ids:
        background.enqueue(deliver, delivery_id)
    return len(ids)


@shared_task
def clean_deliveries() -> int:
    """Forget old mails and read notifications."""
    keep = timedelta(days=settings.NOTIFICATION_KEEP_DAYS)
    return delivery.clean(keep) + services.notifications_clean(keep)
