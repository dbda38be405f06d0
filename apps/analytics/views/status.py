"""How a site is doing, in a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import SiteStatus
from apps.analytics.models import Site

SILENT_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class SiteState:
    """The word for a site's state, and its tone."""

    key: str
    label: Any
    tone: str


ARCHIVED = SiteState("archived", _("Archived"), "neutral")
PAUSED = SiteState("paused", _("Paused"), "attention")
WAITING = SiteState("waiting", _("Not detected yet"), "info")
SILENT = SiteState("silent", _("Gone silent"), "bad")
ACTIVE = SiteState("active", _("Active"), "good")


def status_of(site: Site) -> SiteState:
    """Its own status, then whether anything arrives."""
    if site.status == SiteStatus.ARCHIVED:
        return ARCHIVED
    if site.status == SiteStatus.PAUSED:
        return PAUSED
    if not site.is_detected:
        return WAITING
    if site.last_event_at and site.last_event_at < timezone.now() - SILENT_AFTER:
        return SILENT
    return ACTIVE
