"""What other rooms and apps may know of web analytics. Plain Python."""

from __future__ import annotations

from .companies import CompanyBecameHot, CompanyFact
from .deliveries import DeliveryDead, DestinationFailing, DestinationRecovered
from .events import FirstEventSeen, SiteChanged, SiteCheckRequested, SiteCreated, SiteDeleted
from .health import DiskNearlyFull, PipelineBehind, PipelineRecovered, QualityFell
from .imports import ImportUploaded
from .journeys import FunnelChanged, GoalChanged
from .settings import SiteSettings
from .sharing import SharedLinkChanged, TrafficDropped, TrafficSpike

__all__ = [
    "CompanyBecameHot",
    "CompanyFact",
    "DeliveryDead",
    "DestinationFailing",
    "DestinationRecovered",
    "DiskNearlyFull",
    "FirstEventSeen",
    "FunnelChanged",
    "GoalChanged",
    "ImportUploaded",
    "PipelineBehind",
    "PipelineRecovered",
    "QualityFell",
    "SharedLinkChanged",
    "SiteChanged",
    "SiteCheckRequested",
    "SiteCreated",
    "SiteDeleted",
    "SiteSettings",
    "TrafficDropped",
    "TrafficSpike",
]
