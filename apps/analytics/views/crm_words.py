"""Companies in CRMs in an owner's words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import Organization
from apps.analytics.crm_error_words import why
from apps.analytics.models import Company, CrmEntry
from apps.analytics.providers.crm.base import CrmRecord, ShownField, crms
from apps.analytics.services.crm_sending import record_of
from apps.core.models import Connection
from apps.core.providers import ProviderError

TONES = {"waiting": "info", "sent": "good", "failed": "bad"}


def entry_row(entry: CrmEntry) -> dict[str, Any]:
    """One company in one CRM: its state, its record there, what is wrong."""
    return {
        "entry": entry, "label": entry.get_state_display(), "tone": TONES[entry.state], "url": entry.url,
        "sent_at": entry.sent_at, "error": why(entry),
        "origin": _origin(entry) if entry.sent_at else "",
        "candidates": _candidates(entry) if entry.state == CrmEntry.State.FAILED else [],
    }


def _candidates(entry: CrmEntry) -> list[dict[str, str]]:
    """The records a CRM takes for the same."""
    try:
        crm = crms.open(entry.connection)
        return [{"id": number, "url": crm.link(number)} for number in entry.candidates]
    except ProviderError:
        return [{"id": number, "url": ""} for number in entry.candidates]


def _origin(entry: CrmEntry) -> str:
    return _("Record made by Mainstay") if entry.made_there else _("Record was there before")


def preview_row(company: Company, entry: CrmEntry | None, connection: Connection, organization: Organization) -> Any:
    """What would be sent of a company, field by field, and how its record is found."""
    shown = entry or CrmEntry(company=company, connection=connection)
    shown.company = company
    record = record_of(shown, organization)
    fields = [
        {"label": row.label, "name": row.name, "value": _value(row, record, entry), "when": _when(row)}
        for row in crms.open(connection).fields_of(record) if row.value
    ]
    return {"company": company, "finding": _finding(company, entry), "fields": fields}


def _value(row: ShownField, record: CrmRecord, entry: CrmEntry | None) -> str:
    return _("a mark of its own, made when it is sent") if row.value == record.key and entry is None else row.value


def _when(row: ShownField) -> str:
    words = {"new": _("Only in new records"), "there": _("Where this field exists")}
    return words.get(row.when, _("Always"))


def _finding(company: Company, entry: CrmEntry | None) -> str:
    if entry is not None and entry.external_id:
        return _("Updates its record, number %(number)s") % {"number": entry.external_id}
    if company.domain:
        return _("Looked for by its domain, %(domain)s; made if there is none") % {"domain": company.domain}
    return _("Looked for by exactly this name; made if there is none")
