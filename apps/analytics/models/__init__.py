"""Models of web analytics."""

from __future__ import annotations

from .queue import DailySalt, DeadLetter, Inbox, PipelineMinute, StoreJob
from .site import Site, SiteDayDrop
from .store import Event, FoldedPeriod, Identity, Rollup, Session

__all__ = [
    "DailySalt", "DeadLetter", "Event", "FoldedPeriod", "Identity", "Inbox", "PipelineMinute", "Rollup", "Session",
    "Site", "SiteDayDrop", "StoreJob",
]
