"""Home: the whole business on one page."""

from __future__ import annotations

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "apps.dashboards"
    label = "dashboards"

    def ready(self) -> None:
        """All rooms are loaded by now, so every event of the feed is known."""
        from apps.dashboards.receivers import listen  # noqa: PLC0415 -- needs the app registry

        listen()
