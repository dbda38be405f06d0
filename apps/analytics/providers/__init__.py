"""Every vendor registers itself by being imported here."""

from __future__ import annotations

from apps.analytics.providers import fake
from apps.analytics.providers.base import destinations

__all__ = ["destinations", "fake"]
