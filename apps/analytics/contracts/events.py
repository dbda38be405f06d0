"""Events of sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.site_created", aggregate="site_id", label=_("Site added"))
@dataclass(frozen=True, slots=True)
class SiteCreated:
    """Somebody added a site."""

    organization_id: int
    site_id: int
    name: str


@event("analytics.site_changed", aggregate="site_id", label=_("Site changed"))
@dataclass(frozen=True, slots=True)
class SiteChanged:
    """A site's name, domains, settings or status changed; `what` names the fields, separated by commas."""

    organization_id: int
    site_id: int
    what: str


@event("analytics.site_deleted", aggregate="site_id", label=_("Site deleted"))
@dataclass(frozen=True, slots=True)
class SiteDeleted:
    """A site and everything counted for it is gone."""

    organization_id: int
    site_id: int
    name: str


@event("analytics.first_event_seen", aggregate="site_id", label=_("First visit seen"))
@dataclass(frozen=True, slots=True)
class FirstEventSeen:
    """A site sent something for the first time: the snippet works."""

    organization_id: int
    site_id: int
    at: datetime


@event("analytics.site_check_requested", aggregate="site_id", label=_("Tracking code looked for"))
@dataclass(frozen=True, slots=True)
class SiteCheckRequested:
    """Somebody asked to look for the tracking code in a site's pages."""

    organization_id: int
    site_id: int
