"""Where figures of a site's past are fetched: every vendor registers itself by being imported here."""

from __future__ import annotations

from apps.analytics.providers.past import fake, google
from apps.analytics.providers.past.base import pasts

__all__ = ["fake", "google", "pasts"]
