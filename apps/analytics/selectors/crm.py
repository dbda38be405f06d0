"""Which companies are in which CRM, and which CRMs there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from apps.analytics.models import Company, CrmEntry
from apps.analytics.providers.crm.base import crms
from apps.core.models import Connection
from apps.core.providers import find_vendor

PAGE = 50


def crm_connections() -> list[Connection]:
    """The connected CRMs of the scope, by name."""
    rows = Connection.objects.filter(kind=crms.kind).order_by("name", "id")
    return [row for row in rows if find_vendor(row.kind, row.provider) is not None]


def entries_of(company: Company) -> dict[int, CrmEntry]:
    """What is known of a company, by connection."""
    rows = CrmEntry.objects.filter(company=company).select_related("connection")
    return {row.connection_id: row for row in rows}


def entries_by_company(companies: Iterable[int], connection: Connection | None = None) -> Mapping[int, list[CrmEntry]]:
    """What is known of these companies; of one CRM only, if one is given."""
    rows = CrmEntry.objects.filter(company__in=list(companies)).order_by("connection_id")
    found: dict[int, list[CrmEntry]] = defaultdict(list)
    for row in rows.filter(connection=connection) if connection else rows:
        found[row.company_id].append(row)
    return found


@dataclass(frozen=True)
class EntryPage:
    """A page of entries, where it begins, whether there are more, and how many there are by state."""

    entries: list[CrmEntry]
    offset: int
    more: bool
    counts: Mapping[str, int]

    @property
    def is_moving(self) -> bool:
        """Whether something is on its way."""
        return bool(self.counts.get(CrmEntry.State.WAITING))


def entries_listed(params: Mapping[str, Any]) -> EntryPage:
    """Entries by the filters of an address: `state`, `crm` (a connection), the newest first."""
    rows = CrmEntry.objects.select_related("company", "connection")
    if str(params.get("crm", "")).isdigit():
        rows = rows.filter(connection_id=int(str(params["crm"])[:18]))
    counts = dict(rows.order_by().values("state").annotate(n=Count("id")).values_list("state", "n"))
    if params.get("state") in CrmEntry.State.values:
        rows = rows.filter(state=params["state"])
    text = str(params.get("offset", ""))
    offset = int(text[:9]) if text.isascii() and text.isdigit() else 0
    found = list(rows.order_by("-requested_at", "-id")[offset : offset + PAGE + 1])
    return EntryPage(found[:PAGE], offset, len(found) > PAGE, counts)


def entries_refused(connection_id: int | None = None) -> list[CrmEntry]:
    """Entries that a CRM refused."""
    rows = CrmEntry.objects.filter(state=CrmEntry.State.FAILED).select_related("connection")
    return list(rows.filter(connection_id=connection_id) if connection_id else rows)
