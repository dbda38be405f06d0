"""Every vendor registers itself by being imported here."""

from __future__ import annotations

from apps.analytics.providers import (
    companies,
    crm,
    fake,
    ga4,
    google_ads,
    linkedin,
    meta,
    past,
    searches,
    slack,
    tiktok,
    webhook,
)
from apps.analytics.providers.base import destinations

__all__ = [
    "companies", "crm", "destinations", "fake", "ga4", "google_ads", "linkedin", "meta", "past", "searches", "slack",
    "tiktok", "webhook",
]
