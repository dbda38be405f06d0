"""Organizations, who belongs to them, and which clients an agency's people look after."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import OrganizationKind, Role
from apps.core.models import TenantModel


class Organization(models.Model):
    """A business or agency. Everything a tenant owns hangs on one row of this."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=OrganizationKind, default=OrganizationKind.BUSINESS)
    agency = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="clients")
    industry = models.CharField(_("industry"), max_length=60, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")]
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    logo = models.ImageField(_("logo"), upload_to="logos/", blank=True)
    accent = models.CharField(
        _("accent colour"), max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")]
    )
    plan = models.CharField(max_length=20, default="free")
    require_second_factor = models.BooleanField(_("second factor for admins"), default=False)
    idle_timeout_minutes = models.PositiveIntegerField(_("sign out after minutes without use"), null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    onboarding_hidden_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    delete_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """The zone all of this organization's days and hours are counted in."""
        return ZoneInfo(self.time_zone)


class FormerAddress(models.Model):
    """An address an organization had before; it leads to the new one for good, and nobody else may take it."""

    slug = models.SlugField(max_length=60, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="former_addresses")
    left_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "former addresses"

    def __str__(self) -> str:
        return f"{self.slug} → {self.organization_id}"


class Membership(TenantModel):
    """A person's role in an organization."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.organization_id}"


class ClientAssignment(TenantModel):
    """An agency's member looks after one of its clients. Belongs to the agency."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="assignments")
    client = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["membership", "client"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.membership_id} → {self.client_id}"
