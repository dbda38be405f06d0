"""The pages on which accounts at third parties are connected; the mechanism is `apps.core.connections`."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "apps.connections"
    label = "connections"
