"""Where the customer databases of others are asked. Tests put servers of their own here."""

from __future__ import annotations

from config import env

HUBSPOT_API_URL = env.text("HUBSPOT_API_URL", "https://api.hubapi.com").rstrip("/")
SALESFORCE_LOGIN_URL = env.text("SALESFORCE_LOGIN_URL", "https://login.salesforce.com").rstrip("/")
SALESFORCE_SANDBOX_URL = env.text("SALESFORCE_SANDBOX_URL", "https://test.salesforce.com").rstrip("/")
SALESFORCE_API_VERSION = env.text("SALESFORCE_API_VERSION", "v62.0")
"""Salesforce keeps a version for three years at least; a later one can be set without waiting for an update."""
