"""Home in the rail, and what its page follows live."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core import navigation
from apps.core.models import Connection
from apps.metrics import home, live, registry
from apps.metrics.registry import Tone

navigation.add(navigation.Place("home", _("Home"), "house", "dashboards:home", "home.view"))


def _cards(organization: Any, subject: int) -> list[str]:
    return [card.metric for card in home.cards(organization.industry) if registry.find(card.metric)]


def _moments(organization: Any, subject: int) -> list[str]:
    return [key for key in home.moments() if registry.find(key)]


home.add_activity(
    home.Activity("accounts.member_joined", "user-plus", "team.view"),
    home.Activity("accounts.client_adopted", "briefcase", "client.view"),
    home.Activity("accounts.client_released", "briefcase", "client.view"),
    home.Activity("core.connection_added", "plug", "connection.view"),
    home.Activity("core.connection_removed", "unplug", "connection.view"),
    home.Activity("core.connection_broke", "triangle-alert", "connection.view", tone=Tone.BAD),
)

live.register_topic("home", metrics=_cards, action="home.view", signals=(live.ACTIVITY,))
live.register_topic("now", metrics=_moments, action="home.view", sparks=tuple(home.moments()))


def _broken_connections(organization: Any) -> list[home.Need]:
    return [
        home.Need(
            text=_("%(name)s is not working") % {"name": connection.name},
            detail=connection.last_error,
            href=reverse("connections:list", args=[organization.slug]),
            action=_("Look at it"),
            icon="unplug",
            tone=Tone.BAD,
        )
        for connection in Connection.objects.filter(status=Connection.Status.ERROR).order_by("name")[:5]
    ]


home.add_needs(home.NeedFinder("connections", _broken_connections, action="connection.view", order=20))
