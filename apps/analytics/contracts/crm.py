"""Events of companies on their way to a CRM."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.companies_queued_for_crm", aggregate="connection_id", label=_("Companies chosen for a CRM"))
@dataclass(frozen=True, slots=True)
class CompaniesQueued:
    """Companies wait to be sent to a connected CRM."""

    organization_id: int
    connection_id: int
    count: int
