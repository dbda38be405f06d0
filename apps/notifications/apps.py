"""Messages to people: the in-app centre, mail, and the ways mail leaves."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Load the checks."""
        from apps.notifications import checks  # noqa: F401, PLC0415 -- needs the app registry
