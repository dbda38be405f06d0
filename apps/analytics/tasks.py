"""Background work of web analytics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import structlog
from celery import shared_task
from django.utils import timezone

from apps.accounts.models import Organization
from apps.analytics.models import Import, Site
from apps.analytics.pipeline.waiting import (
    organizations_to_score,
    organizations_with_alerts,
    organizations_with_companies,
    organizations_with_crm_entries,
    organizations_with_imports,
    organizations_with_lookups,
)
from apps.analytics.services import (
    columns,
    company_lookups,
    company_scores,
    crm_sending,
    detection,
    import_files,
    imports,
)
from apps.analytics.services.quality import scores_of_all
from apps.analytics.services.traffic_alerts import traffic_look
from apps.analytics.services.watch import watch
from apps.core.background import tenant_task
from apps.core.tenancy import tenant

log = structlog.get_logger(__name__)
NIGHT = 3  # o'clock, in each organization's zone


@tenant_task(queue="sync")
def check_site(org_id: int, site_id: int) -> str:
    """Look for a site's tracking code in its start page."""
    site = Site.objects.filter(pk=site_id).first()
    return detection.check(site=site) if site else "gone"


@tenant_task(queue="sync")
def look_at_import(org_id: int, import_id: int) -> str:
    """Look an uploaded file of history through."""
    row = Import.objects.select_related("site").filter(pk=import_id).first()
    return imports.import_look(row=row) if row else "gone"


@shared_task(queue="sync")
def sweep_import_files() -> int:
    """Delete files of history that are not needed any more; returns how many."""
    kept = _of_each(organizations_with_imports(), import_files.import_files_sweep)
    return sum(kept) + import_files.stray_files_sweep()


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


@shared_task(queue="sync")
def look_up_addresses() -> int:
    """Ask for the names of the addresses that wait; returns how many were answered."""
    return sum(_of_each(organizations_with_lookups(), lambda organization: company_lookups.lookups_due()))


@tenant_task(queue="deliver")
def send_to_crm(org_id: int, connection_id: int) -> int:
    """Send the companies that wait for a CRM; returns how many were answered for."""
    return crm_sending.entries_send(connection_id)


@shared_task(queue="deliver")
def send_to_crms() -> int:
    """Send what was left behind: by a worker that was killed, or because the CRM asked to wait."""
    return sum(_of_each(organizations_with_crm_entries(), lambda organization: crm_sending.entries_due()))


@shared_task
def score_companies() -> int:
    """Score the companies that have moved; returns how many."""
    return sum(_of_each(organizations_to_score(), company_scores.scores_due))


@shared_task
def score_companies_nightly() -> int:
    """Score every company where it is three in the morning: interest fades without any visit."""
    ids = organizations_with_companies()
    night = [
        organization.id for organization in Organization.objects.filter(id__in=ids)
        if timezone.now().astimezone(organization.tz).hour == NIGHT
    ]
    return sum(_of_each(night, company_scores.scores_nightly))


@shared_task
def watch_traffic() -> int:
    """Hold the traffic of sites against what their owners want to be warned of; returns how many warnings."""
    return sum(_of_each(organizations_with_alerts(), traffic_look))


def _of_each(ids: Iterable[int], work: Callable[[Organization], int]) -> Iterator[int]:
    """The same work for several organizations, each in its own scope; one that fails does not stop the others."""
    for organization in Organization.objects.filter(id__in=list(ids), delete_after=None).order_by("id"):
        try:
            with tenant(organization.id):
                yield work(organization)
        except Exception:
            log.exception("organization.work_failed", organization=organization.id)
