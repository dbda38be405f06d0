"""The choices of the accounts floor."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member is, in one organization; what each may do stands in `apps.accounts.roles`."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MANAGER = "manager", _("Manager")
    AGENT = "agent", _("Agent")
    BILLING = "billing", _("Billing")
    VIEWER = "viewer", _("Viewer")
    CLIENT = "client", _("Client")


class OrganizationKind(models.TextChoices):
    """A business for itself, or an agency that manages others."""

    BUSINESS = "business", _("Business")
    AGENCY = "agency", _("Agency")


class InvitationKind(models.TextChoices):
    """To work in the organization, or to have one's own looked after by this agency."""

    MEMBER = "member", _("Team")
    CLIENT = "client", _("Client")


class InvitationState(models.TextChoices):
    """Where an invitation stands."""

    OPEN = "open", _("Invited")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class Theme(models.TextChoices):
    """How a person likes their pages; empty follows the device."""

    SYSTEM = "", _("Like my device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")
