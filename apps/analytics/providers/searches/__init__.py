"""Services that tell for which searches a site is found: every vendor registers itself by being imported here."""

from __future__ import annotations

from apps.analytics.providers.searches import fake, google
from apps.analytics.providers.searches.base import search_consoles

__all__ = ["fake", "google", "search_consoles"]
