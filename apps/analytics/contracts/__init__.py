"""What other rooms and apps may know of web analytics. Plain Python."""

from __future__ import annotations

from .events import FirstEventSeen, SiteChanged, SiteCheckRequested, SiteCreated, SiteDeleted
from .settings import SiteSettings

__all__ = ["FirstEventSeen", "SiteChanged", "SiteCheckRequested", "SiteCreated", "SiteDeleted", "SiteSettings"]
