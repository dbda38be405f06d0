"""Where connections stand in the settings, in the log, and in the activity feed."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.accounts import settings_pages
from apps.accounts.audit import register_audit_actions
from apps.core import activity
from apps.core.contracts import ConnectionAdded, ConnectionBroke, ConnectionRemoved

settings_pages.add(
    settings_pages.SettingsPage(
        "connections", _("Connections"), "plug", "connections:list", "connection.view", order=60
    )
)
register_audit_actions(
    {
        "connection.added": _("Connected an account"),
        "connection.changed": _("Changed a connection"),
        "connection.signed_in": _("Signed in to a connection again"),
        "connection.paused": _("Paused a connection"),
        "connection.resumed": _("Resumed a connection"),
        "connection.removed": _("Disconnected an account"),
    }
)


def _page(event: Any, slug: str) -> str:
    return reverse("connections:detail", kwargs={"slug": slug, "pk": event.connection_id})


def _list(event: Any, slug: str) -> str:
    return reverse("connections:list", kwargs={"slug": slug})


activity.show(
    ConnectionAdded, text=lambda event: _t("%(name)s was connected") % {"name": event.name},
    url=_page, icon="plug", action="connection.view",
)
activity.show(
    ConnectionBroke, text=lambda event: _t("%(name)s needs attention") % {"name": event.name},
    url=_page, icon="plug-zap", tone="attention", action="connection.view",
)
activity.show(
    ConnectionRemoved, text=lambda event: _t("%(name)s was disconnected") % {"name": event.name},
    url=_list, icon="unplug", action="connection.view",
)
