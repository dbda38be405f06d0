"""API keys. The secret is shown once; only its hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import Role
from apps.accounts.models.organization import Membership
from apps.accounts.scopes import scope_allows
from apps.core.models import TenantModel
from apps.core.tenancy import every_tenant, tenant

_FORM = re.compile(r"^msk_(?P<handle>[a-z0-9]{10})_(?P<secret>[A-Za-z0-9_-]{43})$")
_SEEN_EVERY = timedelta(minutes=1)


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKey(TenantModel):
    """A key of an organization, or of one of its members (then it can do no more than they can)."""

    name = models.CharField(_("name"), max_length=80)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+",
    )
    handle = models.CharField(max_length=10, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = "API key"
        indexes = [models.Index(fields=["organization", "-created_at"], name="key_list")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def prefix(self) -> str:
        """The part of the key that may be shown."""
        return f"msk_{self.handle}"

    @property
    def is_usable(self) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def generate(self) -> str:
        """Give this unsaved key its handle and secret; returns the whole key, which nobody can read again."""
        secret = secrets.token_urlsafe(32)
        self.handle = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(10))
        self.secret_hash = _hash(secret)
        return f"{self.prefix}_{secret}"

    @classmethod
    def authenticate(cls, raw: str) -> ApiKey | None:
        """The usable key a caller presented, with its organization and user; None otherwise. One query."""
        found = _FORM.match(raw)
        if not found:
            return None
        with every_tenant():
            key = cls.objects.select_related("organization", "user").filter(handle=found["handle"]).first()
        known = key.secret_hash if key else "0" * 64
        if not hmac.compare_digest(_hash(found["secret"]), known) or key is None:
            return None
        if not key.is_usable or key.organization.delete_after or (key.user and not key.user.is_active):
            return None
        return key

    def membership(self) -> Membership | None:
        """What the key acts as: its member as they are today, or an admin whose reach the scopes narrow."""
        if self.user_id is None:
            return Membership(organization=self.organization, role=Role.ADMIN, is_active=True)
        from apps.accounts.access import membership_in  # noqa: PLC0415 -- access reads the models

        return membership_in(self.user, self.organization)

    def allows(self, action: str) -> bool:
        """Whether the key's scopes include an action; the membership must allow it besides."""
        return any(scope_allows(scope, action) for scope in self.scopes)

    def record_use(self, amount: int = 1, *, at: datetime | None = None) -> None:
        """Count calls for the day (UTC), and remember when the key was last seen, to the minute."""
        now = at or timezone.now()
        with tenant(self.organization_id):
            ApiKeyUsage.add(self, now, amount)
            if self.last_used_at is None or now - self.last_used_at >= _SEEN_EVERY:
                ApiKey.objects.filter(pk=self.pk).update(last_used_at=now)
                self.last_used_at = now


class ApiKeyUsage(TenantModel):
    """How often a key was used on one day (UTC)."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    calls = models.PositiveBigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "API key usage"
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="key_usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}: {self.calls}"

    @classmethod
    def add(cls, key: ApiKey, at: datetime, amount: int) -> None:
        """One upsert, so that concurrent callers all count."""
        cls.objects.bulk_create(
            [cls(organization_id=key.organization_id, key=key, day=at.date(), calls=0)], ignore_conflicts=True
        )
        cls.objects.filter(key=key, day=at.date()).update(calls=models.F("calls") + amount)
