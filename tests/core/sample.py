"""Event types that only tests know, and receivers that write down what they hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from apps.accounts.models import Organization
from apps.core import outbox
from apps.core.events import event
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenant


@event("sample.poured", aggregate="pot_id", label="Tea was poured")
@dataclass(frozen=True)
class Poured:
    organization_id: int
    pot_id: int
    cup: int = 0


@event("sample.counted", aggregate="pot_id")
@dataclass(frozen=True)
class Counted:
    organization_id: int
    pot_id: int
    amount: Decimal
    on: date
    at: datetime | None = None


def pour(org: Organization, pot: int = 1, cup: int = 0) -> OutboxEvent:
    """Publish one."""
    with tenant(org.id), transaction.atomic():
        return outbox.publish(Poured(org.id, pot, cup))
