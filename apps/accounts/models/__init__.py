"""Models of the accounts floor."""

from __future__ import annotations

from .audit import AuditEntry
from .invitation import Invitation
from .key import ApiKey, ApiKeyUsage
from .organization import ClientAssignment, FormerAddress, Membership, Organization
from .sso import SingleSignOn
from .user import User

__all__ = [
    "ApiKey",
    "ApiKeyUsage",
    "AuditEntry",
    "ClientAssignment",
    "FormerAddress",
    "Invitation",
    "Membership",
    "Organization",
    "SingleSignOn",
    "User",
]
