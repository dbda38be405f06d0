"""How a connection is doing: the one place that writes its status, and says so when it breaks."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.contracts import ConnectionBroke
from apps.core.models import Connection
from apps.core.outbox import publish
from apps.core.providers import ProviderError

FIRST_BACKOFF = timedelta(seconds=30)
MAX_BACKOFF = timedelta(hours=6)
LONGEST_RETRY_AFTER = timedelta(days=1)
SAY_SO_AFTER = 3


def note_ok(connection: Connection, **values: Any) -> None:
    """It worked. More fields may be written along with that; a paused connection stays paused."""
    Connection.objects.filter(pk=connection.pk).exclude(status=Connection.Status.PAUSED).update(
        status=Connection.Status.OK, last_ok_at=timezone.now(), last_error="", error_count=0, **values
    )


def note_failure(connection: Connection, error: ProviderError) -> None:
    """It did not work: why, and when to ask again. A permanent refusal waits for a person.

    A vendor that says when to come back is only busy; one that fails three times in a row needs attention.
    """
    with transaction.atomic():
        row = Connection.objects.select_for_update().filter(pk=connection.pk).first()
        if row is None or row.status == Connection.Status.PAUSED:
            return
        was_broken = row.status == Connection.Status.ERROR
        row.last_error = str(error)[:1000]
        row.error_count += 1
        if error.permanent:
            row.status, row.next_attempt_at = Connection.Status.ERROR, None
        else:
            row.next_attempt_at = timezone.now() + _wait(row.error_count, error.retry_after)
            if error.retry_after is None and row.error_count >= SAY_SO_AFTER:
                row.status = Connection.Status.ERROR
        row.save(update_fields=["last_error", "error_count", "status", "next_attempt_at"])
        if row.status == Connection.Status.ERROR and not was_broken:
            publish(
                ConnectionBroke(row.organization_id, row.id, row.kind, row.provider, row.name, row.last_error)
            )


def _wait(count: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return min(timedelta(seconds=max(retry_after, 1)), LONGEST_RETRY_AFTER)
    spread = random.uniform(0.8, 1.2)  # noqa: S311 -- spreads the load, hides nothing
    return min(FIRST_BACKOFF * 2 ** min(count - 1, 12), MAX_BACKOFF) * spread
