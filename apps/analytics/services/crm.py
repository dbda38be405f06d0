"""Choosing companies for a CRM: by a person, or because they became hot. A task sends them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.contracts.crm import CompaniesQueued
from apps.analytics.models import Company, CrmEntry
from apps.analytics.providers.crm.base import crms
from apps.analytics.selectors.companies import companies_shown
from apps.core.models import Connection
from apps.core.outbox import publish
from apps.core.providers import find_vendor

register_audit_actions({
    "company.sent_to_crm": _("Companies sent to a CRM"),
    "company.crm_record_chosen": _("Record of a company in a CRM chosen"),
})
MOST = 5000  # companies at once


@transaction.atomic
def companies_send(*, actor: Any, connection: Connection, companies: Iterable[int]) -> int:
    """Send these companies (ids), or send them again; returns how many. Those that are none, or hidden, are left out.
    One that is on its way already is not sent twice."""
    ids = list(companies_shown().filter(id__in=list(companies)).order_by("id").values_list("id", flat=True)[:MOST])
    _queue(connection, ids)
    if ids:
        audit(actor, "company.sent_to_crm", connection, after={"crm": connection.name, "companies": len(ids)})
    return len(ids)


def entries_again(*, actor: Any, entries: Iterable[CrmEntry]) -> int:
    """Send these once more, each to its CRM; returns how many companies."""
    by_crm: dict[int, list[CrmEntry]] = defaultdict(list)
    for entry in entries:
        by_crm[entry.connection_id].append(entry)
    return sum(
        companies_send(actor=actor, connection=rows[0].connection, companies=[row.company_id for row in rows])
        for rows in by_crm.values()
    )


@transaction.atomic
def company_send_hot(*, company_id: int) -> int:
    """Send a company that became hot to every CRM whose owner wants that; returns to how many."""
    found = 0
    for connection in Connection.objects.filter(kind=crms.kind).exclude(status=Connection.Status.PAUSED):
        wanted = connection.config.get("send_hot") and find_vendor(connection.kind, connection.provider)
        if wanted and companies_shown().filter(pk=company_id).exists():
            _queue(connection, [company_id], by_itself=True)
            found += 1
    return found


@transaction.atomic
def crm_record_choose(*, actor: Any, entry: CrmEntry, external_id: str) -> CrmEntry:
    """Say that a record the CRM takes for the same is this company, and send it there."""
    row = CrmEntry.objects.select_for_update().get(pk=entry.pk)
    if external_id not in row.candidates:
        raise ValidationError(_("Choose one of the records that were found."))
    row.external_id, row.candidates = external_id, []
    row.save(update_fields=["external_id", "candidates"])
    _queue(row.connection, [row.company_id])
    audit(actor, "company.crm_record_chosen", row.company, after={"record": external_id})
    return row


def crm_entries_merge(*, company: Company, into: Company) -> None:
    """The records of a company that was merged are the other's now, unless that has one of its own there."""
    kept = CrmEntry.objects.filter(company=into).exclude(external_id="").values_list("connection_id", flat=True)
    moving = list(CrmEntry.objects.filter(company=company).exclude(connection_id__in=list(kept)))
    CrmEntry.objects.filter(company=into, connection_id__in=[row.connection_id for row in moving]).delete()
    CrmEntry.objects.filter(pk__in=[row.pk for row in moving]).update(company=into)
    CrmEntry.objects.filter(company=company).delete()


def _queue(connection: Connection, ids: list[int], *, by_itself: bool = False) -> None:
    now = timezone.now()
    CrmEntry.objects.bulk_create(
        [
            CrmEntry(
                organization_id=connection.organization_id, company_id=company_id, connection=connection,
                requested_at=now, by_itself=by_itself,
            )
            for company_id in ids
        ],
        batch_size=500, update_conflicts=True, unique_fields=["company", "connection"],
        update_fields=["state", "requested_at", "by_itself", "attempts", "next_attempt_at", "error"],
    )
    if ids:
        publish(CompaniesQueued(connection.organization_id, connection.pk, len(ids)))
