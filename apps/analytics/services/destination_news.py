"""Telling people how their destinations are doing."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Organization
from apps.analytics.models import Destination
from apps.core.tenancy import current_org_id
from apps.notifications.enums import Channel
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.lazy import said
from apps.notifications.services import notify_members

FAILING = register_kind(
    Kind(
        "destinations.failing", _("A destination is on hold"),
        _("When events cannot be sent on because a destination refuses or does not answer."), _("Traffic"),
        icon="plug-zap", tone="attention",
    )
)
RECOVERED = register_kind(
    Kind(
        "destinations.recovered", _("A destination works again"),
        _("When a destination that was on hold takes events again."), _("Traffic"),
        icon="circle-check", tone="good", defaults=frozenset({Channel.IN_APP}),
    )
)
DEAD = register_kind(
    Kind(
        "destinations.dead", _("Events were not delivered"),
        _("When a destination refuses events, or could not be reached for three hours; told once a day."),
        _("Traffic"), icon="inbox", tone="attention", defaults=frozenset({Channel.IN_APP}),
    )
)


def tell_failing(pk: int, name: str, reason: str) -> int:
    """Those who may change it; returns how many."""
    return _tell(FAILING, pk, said(_("%(name)s is on hold"), name=name),
                 said(_("Nothing is lost: events wait and are tried again. The reason: %(reason)s"), reason=reason))


def tell_recovered(pk: int, name: str) -> int:
    """Those who may change it; returns how many."""
    return _tell(RECOVERED, pk, said(_("%(name)s works again"), name=name), _("What waited is being delivered."))


def tell_dead(pk: int, name: str, reason: str) -> int:
    """Those who may send them again, once a day; returns how many."""
    organization = Organization.objects.get(pk=current_org_id())
    today = timezone.now().astimezone(organization.tz).date().isoformat()
    return _tell(DEAD, pk, said(_("%(name)s did not take some events"), name=name),
                 said(_("They can be sent again for 30 days. The reason: %(reason)s"), reason=reason),
                 query="?state=dead", key=f"{pk}/{today}")


def _tell(kind: Kind, pk: int, title: Any, body: Any, *, query: str = "", **options: Any) -> int:
    row = Destination.objects.select_related("site__organization").filter(pk=pk).first()
    if row is None:
        return 0
    url = reverse("analytics:destination", args=[row.site.organization.slug, row.site.script_id, pk]) + query
    return notify_members(
        kind, title, action="destination.edit", body=body, url=url, button=_("Look at the destination"), **options
    )
