"""Telling people of a spike or a drop, with what stands behind it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.accounts.access import can
from apps.accounts.models import Membership
from apps.analytics.contracts import TrafficDropped, TrafficSpike
from apps.analytics.models import Site
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.lazy import said
from apps.notifications.services import notify

GROUP = _("Traffic")
SPIKE = register_kind(Kind(
    "analytics.spike", _("Many visitors at once"),
    _("When a site has more visitors than the limit you have set for it."), GROUP, icon="trending-up", tone="good",
))
DROP = register_kind(Kind(
    "analytics.drop", _("Hardly any visitors"), _("When a site has fewer visitors within 12 hours than your limit."),
    GROUP, icon="trending-down", tone="attention",
))


def tell_spike(event: TrafficSpike) -> None:
    """Everybody who may see the site, each as they have chosen."""
    title = said(_("%(site)s has %(visitors)s visitors right now"), site=event.name, visitors=event.visitors)
    if event.usual:
        title = said(_("%(site)s has %(visitors)s visitors this hour; usual are %(usual)s"), site=event.name,
                     visitors=event.visitors, usual=event.usual)
    body = _lines(_("Today most came from: %(list)s"), event.sources, _("and looked at: %(list)s"), event.pages)
    _tell(SPIKE, event.site_id, title, body, "?range=today")


def tell_drop(event: TrafficDropped) -> None:
    """The same people."""
    title = said(_("%(site)s had %(visitors)s visitors in the last 12 hours"), site=event.name, visitors=event.visitors)
    body = _lines(_("In the last 7 days most came from: %(list)s"), event.sources,
                  _("and looked at: %(list)s"), event.pages)
    _tell(DROP, event.site_id, title, body, "?range=7d")


def _tell(kind: Kind, site_id: int, title: Any, body: Any, query: str) -> None:
    site = Site.objects.select_related("organization").filter(pk=site_id).first()
    if site is None:
        return
    members = Membership.objects.filter(is_active=True, user__is_active=True).select_related("user").order_by("id")
    users = [member.user for member in members if can(member.user, "site.view", site, membership=member)]
    url = reverse("analytics:site", args=[site.organization.slug, site.script_id]) + query
    notify(users, kind, title, body=body, url=url, button=_("Look at it"), organization=site.organization)


def _written(first: Any, sources: list[Any], second: Any, pages: list[Any]) -> str:
    parts = [
        str(words) % {"list": ", ".join(f"{name or _now('Direct')} ({count})" for name, count in rows)}
        for words, rows in ((first, sources), (second, pages)) if rows
    ]
    return "\n".join(parts)


_lines = lazy(_written, str)
