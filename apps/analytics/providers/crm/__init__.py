"""Every customer database that companies can be sent to registers itself by being imported here."""

from __future__ import annotations

from apps.analytics.providers.crm import fake, hubspot, salesforce
from apps.analytics.providers.crm.base import crms

__all__ = ["crms", "fake", "hubspot", "salesforce"]
