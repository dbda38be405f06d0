"""What web analytics does when something has happened."""

from __future__ import annotations

from apps.accounts.contracts import CurrencyChanged, TimeZoneChanged
from apps.analytics import tasks
from apps.analytics.contracts import SiteCheckRequested, SiteCreated
from apps.analytics.models import Site
from apps.analytics.services.store_jobs import rollups_rebuild
from apps.core.background import enqueue
from apps.core.events import subscribe


@subscribe(SiteCheckRequested)
def look_for_code(event: SiteCheckRequested) -> None:
    """Fetching a page is work for a worker."""
    enqueue(tasks.check_site, event.organization_id, event.site_id)


@subscribe(SiteCreated)
def look_at_new_site(event: SiteCreated) -> None:
    """The code may be there already, moved from another account."""
    enqueue(tasks.check_site, event.organization_id, event.site_id)


@subscribe(TimeZoneChanged)
def count_in_new_zone(event: TimeZoneChanged) -> None:
    """Days and hours begin elsewhere: every site is counted again."""
    for site in Site.objects.all():
        rollups_rebuild(site=site)


@subscribe(CurrencyChanged)
def count_in_new_currency(event: CurrencyChanged) -> None:
    """Revenue is what was paid in the organization's currency, which is another now."""
    for site in Site.objects.all():
        rollups_rebuild(site=site)
