"""What other rooms and apps may know of web analytics: events, settings of a site. Plain Python."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ConsentMode
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


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What an owner can switch for a site. Stored as JSON; unknown keys are dropped, missing ones take the default.

    `conversions` are event names that count as a conversion beside `purchase`. `ip_retention_days` 0 means that the
    address is used for the place and the visitor's daily mark and then forgotten.
    """

    consent: str = ConsentMode.COOKIELESS
    gpc: bool = False
    spa: bool = True
    hash: bool = False
    outbound: bool = True
    downloads: bool = True
    forms: bool = True
    not_found: bool = True
    scroll: bool = True
    vitals: bool = True
    test: bool = False
    truncate_ip: bool = False
    ip_retention_days: int = 0
    only_known_hosts: bool = False
    conversions: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> SiteSettings:
        """Read what is stored; a value of the wrong type counts as missing."""
        found: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            value = stored.get(field.name)
            if field.name == "conversions" and isinstance(value, list):
                found[field.name] = tuple(str(name) for name in value)
            elif type(value) is type(field.default) or (field.name == "consent" and value in ConsentMode.values):
                found[field.name] = value
        return cls(**found)

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {**dataclasses.asdict(self), "consent": str(self.consent), "conversions": list(self.conversions)}
