"""Where the advertising networks and services that take events are asked. Tests put servers of their own here."""

from __future__ import annotations

from config import env

GA4_API_URL = env.text("GA4_API_URL", "https://www.google-analytics.com").rstrip("/")
GA4_EU_API_URL = env.text("GA4_EU_API_URL", "https://region1.google-analytics.com").rstrip("/")
META_API_URL = env.text("META_API_URL", "https://graph.facebook.com/v26.0").rstrip("/")
GOOGLE_DATA_API_URL = env.text("GOOGLE_DATA_API_URL", "https://datamanager.googleapis.com/v1").rstrip("/")
TIKTOK_API_URL = env.text("TIKTOK_API_URL", "https://business-api.tiktok.com/open_api/v1.3").rstrip("/")
LINKEDIN_API_URL = env.text("LINKEDIN_API_URL", "https://api.linkedin.com/rest").rstrip("/")
LINKEDIN_API_VERSION = env.text("LINKEDIN_API_VERSION", "202607")
"""A version of LinkedIn's API ends a year after its month; a later one can be set without waiting for an update."""
GA4_DATA_API_URL = env.text("GA4_DATA_API_URL", "https://analyticsdata.googleapis.com/v1beta").rstrip("/")
GA4_ADMIN_API_URL = env.text("GA4_ADMIN_API_URL", "https://analyticsadmin.googleapis.com/v1beta").rstrip("/")
SEARCH_CONSOLE_API_URL = env.text("SEARCH_CONSOLE_API_URL", "https://www.googleapis.com/webmasters/v3").rstrip("/")
SLACK_API_URL = env.text("SLACK_API_URL", "https://hooks.slack.com").rstrip("/")
