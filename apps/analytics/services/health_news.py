"""Telling people that counting is behind, has caught up, that the disk fills, that a site's data became worse."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Membership, Organization
from apps.analytics.models import Site
from apps.core.tenancy import current_org_id
from apps.notifications.kinds import BOTH, IN_APP_ONLY, Kind, register_kind
from apps.notifications.lazy import said
from apps.notifications.services import notify, notify_members

GROUP = _("Tracking")
BEHIND = register_kind(Kind(
    "analytics.pipeline", _("Counting is behind"),
    _("When what your sites send waits for more than a minute, and when it has caught up. Nothing is lost meanwhile."),
    GROUP, icon="clock", tone="attention", defaults=IN_APP_ONLY,
))
DISK = register_kind(Kind(
    "installation.disk", _("The disk is nearly full"), _("When the machine Mainstay runs on has little room left."),
    GROUP, icon="hard-drive", tone="bad", defaults=BOTH,
))
QUALITY = register_kind(Kind(
    "analytics.quality", _("Data quality fell"), _("When a site's data quality is well below what it usually is."),
    GROUP, icon="trending-down", tone="attention",
))


def tell_behind(event: Any) -> None:
    """Those who look after tracking."""
    notify_members(
        BEHIND, said(_("Counting is %(minutes)s min behind"), minutes=max(1, round(event.seconds / 60))),
        action="monitoring.view", body=_("What was accepted is safe and will be counted; figures are late meanwhile."),
        url=_page(), button=_("Look at it"),
    )


def tell_caught_up(event: Any) -> None:
    """The same people."""
    notify_members(
        BEHIND, _("Counting has caught up"), action="monitoring.view",
        body=said(_("It was behind for %(minutes)s min. Every event is counted."), minutes=event.minutes),
        url=_page(), button=_("Look at it"),
    )


def tell_disk(event: Any) -> None:
    """Those who run the installation, in this organization."""
    members = Membership.objects.filter(is_active=True, user__is_superuser=True, user__is_active=True)
    notify(
        [member.user for member in members.select_related("user").order_by("id")], DISK,
        said(_("The disk is %(percent)s %% full"), percent=event.percent),
        body=_("When it is full nothing can be stored any more. Make room, or give the machine a larger disk."),
        organization=_organization(),
    )


def tell_quality(event: Any) -> None:
    """Those who can change the site's settings."""
    site = Site.objects.filter(pk=event.site_id).first()
    if site is None:
        return
    notify_members(
        QUALITY, said(_("The data of %(site)s has become worse"), site=site.name), action="site.edit",
        body=said(_("Its quality is %(score)s of 100; usual is %(usual)s."), score=event.score, usual=event.usual),
        url=reverse("analytics:site-quality", args=[_organization().slug, site.script_id]), button=_("See why"),
    )


def _organization() -> Organization:
    return Organization.objects.get(pk=current_org_id())


def _page() -> str:
    return reverse("analytics:monitoring", args=[_organization().slug])
