"""Single sign-on of one organization over OpenID Connect."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedJSONField
from apps.core.models import TenantModel


class SingleSignOn(TenantModel):
    """The identity provider of an organization. The client secret is encrypted."""

    name = models.CharField(_("name on the button"), max_length=60)
    issuer = models.URLField(_("issuer address"), max_length=300)
    client_id = models.CharField(_("client ID"), max_length=200)
    secrets = EncryptedJSONField(default=dict)
    is_enabled = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = "single sign-on"
        constraints = [models.UniqueConstraint(fields=["organization"], name="sso_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.issuer})"

    @property
    def provider_id(self) -> str:
        """The key under which allauth knows this provider, and its identities."""
        return f"org-{self.organization_id}"
