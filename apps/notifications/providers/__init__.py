"""Every vendor registers itself by being imported here."""

from __future__ import annotations

from apps.notifications.providers import fake, resend, smtp
from apps.notifications.providers.base import transports

__all__ = ["fake", "resend", "smtp", "transports"]
