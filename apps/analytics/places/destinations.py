"""Destinations: their tab at a site, what home says of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.analytics.enums import BreakerState, DeliveryState
from apps.analytics.models import Delivery, Destination
from apps.analytics.site_tabs import SiteTab, add
from apps.metrics import home
from apps.metrics.registry import Tone

add(SiteTab("destinations", _("Destinations"), "analytics:destinations", "destination.view", order=70, setup=True,
            icon="send"))
home.add_activity(
    home.Activity("analytics.destination_failing", "plug-zap", "destination.view", tone=Tone.ATTENTION),
    home.Activity("analytics.destination_recovered", "circle-check", "destination.view", tone=Tone.GOOD),
)


def _needs(organization: Any) -> list[home.Need]:
    """Destinations on hold, and events that were refused."""
    held = Destination.objects.filter(is_enabled=True).exclude(breaker=BreakerState.CLOSED)
    needs = [
        home.Need(
            text=_t("%(name)s takes no events") % {"name": row.name}, icon="plug-zap", tone=Tone.BAD,
            href=_page(organization, row), detail=row.last_error[:200], action=_t("Look at it"), at=row.failing_since,
        )
        for row in held.select_related("site").order_by("failing_since")[:3]
    ]
    dead = Delivery.objects.filter(state=DeliveryState.DEAD, destination__is_enabled=True)
    groups = dead.values("destination", "name").annotate(number=Count("id"), words=Max("words")).order_by("-number")[:3]
    rows = Destination.objects.select_related("site").in_bulk([group["destination"] for group in groups])
    for group in groups:
        row, number = rows[group["destination"]], group["number"]
        text = ngettext(
            "%(name)s did not take %(number)d event “%(event)s”",
            "%(name)s did not take %(number)d events “%(event)s”", number,
        )
        needs.append(home.Need(
            text=text % {"name": row.name, "number": number, "event": group["name"]}, icon="inbox",
            href=f"{_page(organization, row)}?state=dead", detail=group["words"][:200], action=_t("Send again"),
        ))
    return needs


def _page(organization: Any, row: Destination) -> str:
    return reverse("analytics:destination", args=[organization.slug, row.site.script_id, row.pk])


home.add_needs(home.NeedFinder("destinations", _needs, action="destination.edit", order=30))
