"""How looking up whose addresses are is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from apps.analytics.models import AddressLookup, LookupDay
from apps.analytics.providers.companies.base import company_lookups
from apps.core.models import Connection

DAYS = 30
_NAMES = ("remembered", "found", "nameless", "failed", "expired")


@dataclass(frozen=True)
class Lookups:
    """Look-ups of the last thirty days (UTC) by outcome, what waits, and the connected service, if there is one."""

    remembered: int
    found: int
    nameless: int
    failed: int
    expired: int
    waiting: int
    service: Connection | None

    @property
    def total(self) -> int:
        """Everything that was wanted, also what came too late."""
        return self.remembered + self.found + self.nameless + self.failed + self.expired

    @property
    def from_memory(self) -> float | None:
        """Share of the answers that were known already; None without any."""
        answered = self.remembered + self.found + self.nameless
        return self.remembered / answered if answered else None


def lookups_lately() -> Lookups:
    """For the organization in scope."""
    since = timezone.now().date() - timedelta(days=DAYS - 1)
    sums = LookupDay.objects.filter(day__gte=since).aggregate(**{name: Sum(name) for name in _NAMES})
    service = Connection.objects.filter(kind=company_lookups.kind).order_by("id").first()
    waiting = AddressLookup.objects.count()
    return Lookups(**{name: sums[name] or 0 for name in _NAMES}, waiting=waiting, service=service)
