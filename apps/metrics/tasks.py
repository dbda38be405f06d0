"""Background work of the metrics floor."""

from __future__ import annotations

import structlog
from celery import shared_task

from apps.accounts.models import Organization
from apps.metrics import rollup

log = structlog.get_logger(__name__)


@shared_task
def roll_up_hours() -> int:
    """Count the closed hours that are due, of every organization. What is interrupted is found by the next run."""
    done = 0
    for organization in Organization.objects.filter(delete_after=None).order_by("id").iterator():
        try:
            done += rollup.roll_up(organization)
        except Exception:
            # One organization's broken facts must not keep the others from being counted.
            log.exception("metrics.rollup_failed", organization=organization.id)
    return done
