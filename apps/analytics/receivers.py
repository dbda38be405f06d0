"""What web analytics does when something has happened."""

from __future__ import annotations

from apps.accounts.contracts import CurrencyChanged, TimeZoneChanged
from apps.analytics import tasks
from apps.analytics.contracts import CompanyBecameHot, SiteCheckRequested, SiteCreated
from apps.analytics.contracts.crm import CompaniesQueued
from apps.analytics.contracts.deliveries import DeliveryDead, DestinationFailing, DestinationRecovered
from apps.analytics.contracts.health import DiskNearlyFull, PipelineBehind, PipelineRecovered, QualityFell
from apps.analytics.contracts.imports import ImportUploaded
from apps.analytics.contracts.sharing import TrafficDropped, TrafficSpike
from apps.analytics.models import Site
from apps.analytics.services.company_news import tell_hot
from apps.analytics.services.crm import company_send_hot
from apps.analytics.services.destination_news import tell_dead, tell_failing, tell_recovered
from apps.analytics.services.health_news import tell_behind, tell_caught_up, tell_disk, tell_quality
from apps.analytics.services.store_jobs import rollups_rebuild
from apps.analytics.services.traffic_news import tell_drop, tell_spike
from apps.core.background import enqueue
from apps.core.events import subscribe


@subscribe(SiteCheckRequested)
def look_for_code(event: SiteCheckRequested) -> None:
    """Fetching a page is work for a worker."""
    enqueue(tasks.check_site, event.organization_id, event.site_id)


@subscribe(ImportUploaded)
def look_at_upload(event: ImportUploaded) -> None:
    """Reading a file of any length is work for a worker."""
    enqueue(tasks.look_at_import, event.organization_id, event.import_id)


@subscribe(SiteCreated)
def look_at_new_site(event: SiteCreated) -> None:
    """The code may be there already, moved from another account."""
    enqueue(tasks.check_site, event.organization_id, event.site_id)


@subscribe(DestinationFailing)
def tell_of_failing_destination(event: DestinationFailing) -> None:
    """Those who can mend it."""
    tell_failing(event.destination_id, event.name, event.reason)


@subscribe(DestinationRecovered)
def tell_of_recovered_destination(event: DestinationRecovered) -> None:
    """Those who were told of the failure."""
    tell_recovered(event.destination_id, event.name)


@subscribe(DeliveryDead)
def tell_of_dead_deliveries(event: DeliveryDead) -> None:
    """Those who may send them again, once a day."""
    tell_dead(event.destination_id, event.name, event.reason)


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


@subscribe(PipelineBehind)
def tell_of_delay(event: PipelineBehind) -> None:
    """Figures are late, and those who look after them should know why."""
    tell_behind(event)


@subscribe(PipelineRecovered)
def tell_of_recovery(event: PipelineRecovered) -> None:
    """And when they are not any more."""
    tell_caught_up(event)


@subscribe(DiskNearlyFull)
def tell_of_full_disk(event: DiskNearlyFull) -> None:
    """Those who run the installation."""
    tell_disk(event)


@subscribe(QualityFell)
def tell_of_fallen_quality(event: QualityFell) -> None:
    """Those who can do something about it."""
    tell_quality(event)


@subscribe(CompanyBecameHot)
def tell_of_hot_company(event: CompanyBecameHot) -> None:
    """Those who may see companies hear of it, each as they have chosen; once a day of the same company."""
    tell_hot(company_id=event.company_id, name=event.name, score=event.score)


@subscribe(CompanyBecameHot)
def send_hot_company_on(event: CompanyBecameHot) -> None:
    """To the CRMs whose owner wants that."""
    company_send_hot(company_id=event.company_id)


@subscribe(CompaniesQueued)
def send_to_crm(event: CompaniesQueued) -> None:
    """Asking a CRM is work for a worker."""
    enqueue(tasks.send_to_crm, event.organization_id, event.connection_id)


@subscribe(TrafficSpike)
def tell_of_spike(event: TrafficSpike) -> None:
    """Those who see the site."""
    tell_spike(event)


@subscribe(TrafficDropped)
def tell_of_drop(event: TrafficDropped) -> None:
    """The same people."""
    tell_drop(event)
