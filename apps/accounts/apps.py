"""Organizations, people, roles, keys, audit."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Listen to what django-allauth tells."""
        from apps.accounts import signals  # noqa: F401, PLC0415 -- needs the app registry
