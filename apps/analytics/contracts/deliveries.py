"""Events of destinations."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.destination_failing", aggregate="destination_id", label=_("Destination on hold"))
@dataclass(frozen=True, slots=True)
class DestinationFailing:
    """Several requests in a row failed, or one that needs a person: it is left alone, and tried now and then."""

    organization_id: int
    destination_id: int
    name: str
    reason: str


@event("analytics.destination_recovered", aggregate="destination_id", label=_("Destination works again"))
@dataclass(frozen=True, slots=True)
class DestinationRecovered:
    """A destination that was on hold takes events again."""

    organization_id: int
    destination_id: int
    name: str


@event("analytics.delivery_dead", aggregate="destination_id", label=_("Events were not delivered"))
@dataclass(frozen=True, slots=True)
class DeliveryDead:
    """Events failed for good: refused, or tried in vain for too long. They can be sent again by a person."""

    organization_id: int
    destination_id: int
    name: str
    count: int
    reason: str
