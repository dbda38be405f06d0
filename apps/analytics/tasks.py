"""Background work of web analytics."""

from __future__ import annotations

from celery import shared_task

from apps.analytics.models import Site
from apps.analytics.services import columns, detection
from apps.analytics.services.quality import scores_of_all
from apps.analytics.services.watch import watch
from apps.core.background import tenant_task


@tenant_task(queue="sync")
def check_site(org_id: int, site_id: int) -> str:
    """Look for a site's tracking code in its start page."""
    site = Site.objects.filter(pk=site_id).first()
    return detection.check(site=site) if site else "gone"


@shared_task(queue="sync")
def make_columns() -> str:
    """Make the column files that are missing."""
    return columns.columns_make()


@shared_task
def watch_pipeline() -> dict[str, str]:
    """Look whether counting keeps up and the disk has room; tell those concerned when that changes."""
    return watch()


@shared_task
def score_sites() -> int:
    """Write down the data quality of every site as of now; returns how many scores."""
    return scores_of_all()
