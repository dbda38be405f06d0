"""Links that show a site's page to people without an account, and what an owner wants to be warned of."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import SharedPeriod
from apps.analytics.models.site import Site
from apps.core.models import TenantModel
from apps.core.tenancy import every_tenant


def _nonce() -> str:
    return secrets.token_hex(16)


class SharedLink(TenantModel):
    """A way into one site's page, to look only.

    The token in the address is signed from `nonce` with SECRET_KEY, so that the owner can be shown the link again
    without the token ever being stored; the table keeps its hash, by which it is found. `filters` are written as in
    the address and always hold, `embed_hosts` are the hosts whose pages may show it in a frame.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="shared_links", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=80)
    nonce = models.CharField(max_length=32, default=_nonce, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    password = models.CharField(max_length=256, blank=True, editable=False)
    period = models.CharField(_("period"), max_length=10, choices=SharedPeriod, default=SharedPeriod.FREE, blank=True)
    filters = models.JSONField(default=list, blank=True)
    may_filter = models.BooleanField(_("visitors may filter"), default=True)
    shows_money = models.BooleanField(_("shows revenue"), default=False)
    embed_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        """The secret part of the address."""
        signature = salted_hmac("analytics.shared_link", self.nonce, algorithm="sha256").digest()
        return urlsafe_b64encode(signature).decode().rstrip("=")

    @property
    def is_open(self) -> bool:
        """Whether it leads anywhere now."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @classmethod
    def by_token(cls, token: str) -> SharedLink | None:
        """The open link of this address; None for one that is unknown, has ended or was withdrawn, all alike."""
        with every_tenant():
            found = cls.objects.select_related("organization", "site").filter(token_hash=hashed(token)).first()
        return found if found and found.is_open and found.organization.delete_after is None else None


def hashed(token: str) -> str:
    """What is stored of a token. It has 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


class TrafficAlert(TenantModel):
    """What an owner wants to be told of a site's traffic at once, and whether it is so now.

    A limit that is empty is off. `spike_since` and `drop_since` stand while the state lasts; `…_told_at` is the last
    time people were told, which is kept when it is over.
    """

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="traffic_alert", verbose_name=_("site"))
    spike_visitors = models.PositiveIntegerField(_("visitors at once"), null=True, blank=True)
    spike_times = models.DecimalField(_("times the usual"), max_digits=5, decimal_places=1, null=True, blank=True)
    drop_visitors = models.PositiveIntegerField(_("fewer visitors in 12 hours than"), null=True, blank=True)
    spike_since = models.DateTimeField(null=True, blank=True, editable=False)
    spike_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    drop_since = models.DateTimeField(null=True, blank=True, editable=False)
    drop_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.site_id}"
