"""Organizations, people, roles, keys, audit."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    verbose_name = _("People and organizations")

    def ready(self) -> None:
        """Listen to what django-allauth tells."""
        from apps.accounts import signals  # noqa: F401, PLC0415 -- needs the app registry
