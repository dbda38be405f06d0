"""Models of web analytics."""

from __future__ import annotations

from .companies import (
    AddressLookup,
    Company,
    CompanyRules,
    CompanyScore,
    CompanyVisit,
    LookupDay,
    NetworkDay,
)
from .destinations import Delivery, DeliveryMinute, Destination, VisitorClick
from .health import SiteDayDoubt, SiteFlow, SiteScore
from .journeys import Funnel, Goal, Segment
from .queue import DailySalt, DeadLetter, Inbox, PipelineMinute, StoreJob
from .site import Site, SiteDayDrop
from .store import Event, FoldedPeriod, Identity, Rollup, Session

__all__ = [
    "AddressLookup", "Company", "CompanyRules", "CompanyScore", "CompanyVisit", "LookupDay", "NetworkDay",
    "Delivery", "DeliveryMinute", "Destination", "VisitorClick",
    "DailySalt", "DeadLetter", "Event", "FoldedPeriod", "Identity", "Inbox", "PipelineMinute", "Rollup", "Session",
    "Funnel", "Goal", "Segment", "Site", "SiteDayDoubt", "SiteDayDrop", "SiteFlow", "SiteScore", "StoreJob",
]
