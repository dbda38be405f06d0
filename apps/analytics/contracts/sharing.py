"""Events about shared links and about traffic that is not as usual."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.shared_link_changed", aggregate="site_id", label=_("Shared link changed"))
@dataclass(frozen=True, slots=True)
class SharedLinkChanged:
    """A link to a site's page was made or withdrawn: `what` is created or revoked."""

    organization_id: int
    site_id: int
    link_id: int
    name: str
    what: str


@event("analytics.traffic_spike", aggregate="site_id", label=_("Many visitors at once"))
@dataclass(frozen=True, slots=True)
class TrafficSpike:
    """More visitors than the owner's limit. `visitors` are those here now where `usual` is 0, else those of this hour
    against the usual ones of it. `sources` and `pages` are the first of today, with their visitors."""

    organization_id: int
    site_id: int
    name: str
    visitors: int
    usual: int
    sources: list[list[str | int]]
    pages: list[list[str | int]]


@event("analytics.traffic_dropped", aggregate="site_id", label=_("Hardly any visitors"))
@dataclass(frozen=True, slots=True)
class TrafficDropped:
    """Fewer visitors within twelve hours than the owner's limit. `sources` and `pages` are the first of seven days."""

    organization_id: int
    site_id: int
    name: str
    visitors: int
    limit: int
    sources: list[list[str | int]]
    pages: list[list[str | int]]
