"""Models of web analytics."""

from __future__ import annotations

from .columns import ColumnSpan
from .companies import (
    AddressLookup,
    Company,
    CompanyRules,
    CompanyScore,
    CompanyVisit,
    LookupDay,
    NetworkDay,
)
from .crm import CrmEntry
from .destinations import Delivery, DeliveryMinute, Destination, VisitorClick
from .health import SiteDayDoubt, SiteFlow, SiteScore
from .imports import Import
from .journeys import Funnel, Goal, Segment
from .queue import DailySalt, DeadLetter, Inbox, PipelineMinute, StoreJob
from .searches import SearchFigure, SiteSearch
from .sharing import SharedLink, TrafficAlert
from .site import Site, SiteDayDrop
from .store import Event, FoldedPeriod, Identity, Rollup, Session

__all__ = [
    "AddressLookup",
    "ColumnSpan",
    "Company",
    "CompanyRules",
    "CompanyScore",
    "CompanyVisit",
    "CrmEntry",
    "DailySalt",
    "DeadLetter",
    "Delivery",
    "DeliveryMinute",
    "Destination",
    "Event",
    "FoldedPeriod",
    "Funnel",
    "Goal",
    "Identity",
    "Import",
    "Inbox",
    "LookupDay",
    "NetworkDay",
    "PipelineMinute",
    "Rollup",
    "SearchFigure",
    "Segment",
    "Session",
    "SharedLink",
    "Site",
    "SiteDayDoubt",
    "SiteDayDrop",
    "SiteFlow",
    "SiteScore",
    "SiteSearch",
    "StoreJob",
    "TrafficAlert",
    "VisitorClick",
]
