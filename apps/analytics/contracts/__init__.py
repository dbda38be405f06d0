"""What other rooms and apps may know of web analytics. Plain Python."""

from __future__ import annotations

from .deliveries import DeliveryDead, DestinationFailing, DestinationRecovered
from .events import FirstEventSeen, SiteChanged, SiteCheckRequested, SiteCreated, SiteDeleted
from .journeys import FunnelChanged, GoalChanged
from .settings import SiteSettings

__all__ = [
    "DeliveryDead",
    "DestinationFailing",
    "DestinationRecovered",
    "FirstEventSeen",
    "FunnelChanged",
    "GoalChanged",
    "SiteChanged",
    "SiteCheckRequested",
    "SiteCreated",
    "SiteDeleted",
    "SiteSettings",
]
