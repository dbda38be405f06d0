"""Every service that knows whose an address is registers itself by being imported here."""

from __future__ import annotations

from apps.analytics.providers.companies import fake, ipinfo
from apps.analytics.providers.companies.base import company_lookups

__all__ = ["company_lookups", "fake", "ipinfo"]
