"""Invitations by e-mail: to join an organization, or to be looked after by an agency."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import InvitationKind, InvitationState, Role
from apps.core.models import TenantModel
from apps.core.tenancy import every_tenant

LIFETIME = timedelta(days=7)


def _default_expiry() -> datetime:
    return timezone.now() + LIFETIME


def _nonce() -> str:
    return secrets.token_hex(16)


class Invitation(TenantModel):
    """An open hand to one e-mail address.

    The link's token is signed from `nonce` with SECRET_KEY, so that a worker can write the mail without the token
    ever being stored; the table keeps its hash. Sending again makes a new token and ends the old one.
    """

    kind = models.CharField(max_length=10, choices=InvitationKind, default=InvitationKind.MEMBER)
    email = models.EmailField(_("e-mail address"), max_length=254)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)
    grants = models.JSONField(default=list, blank=True)
    client_ids = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=10, blank=True)
    nonce = models.CharField(max_length=32, default=_nonce, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=_default_expiry)
    sent_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                "organization", "kind", models.functions.Lower("email"), name="invitation_open_once",
                condition=models.Q(accepted_at=None, revoked_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.organization_id} ({self.state})"

    @property
    def token(self) -> str:
        """The secret part of the link."""
        signature = salted_hmac("accounts.invitation", self.nonce, algorithm="sha256").digest()
        return urlsafe_b64encode(signature).decode().rstrip("=")

    def renew(self) -> None:
        """A fresh token and a fresh week. The caller saves."""
        self.nonce = _nonce()
        self.token_hash = hashlib.sha256(self.token.encode()).hexdigest()
        self.expires_at = _default_expiry()
        self.sent_at = None

    @classmethod
    def by_token(cls, token: str) -> Invitation | None:
        """The invitation a link names, in whatever state; None when there is none."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        with every_tenant():
            found = cls.objects.select_related("organization", "invited_by").filter(token_hash=digest).first()
        return found if found and hmac.compare_digest(found.token, token) else None

    @property
    def state(self) -> InvitationState:
        """Where it stands now."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if self.expires_at <= timezone.now() else InvitationState.OPEN
