"""What every tenant's rows are made from, the outbox, and connections to third parties."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedJSONField
from apps.core.tenancy import NoTenant, WrongTenant, current_scope


class TenantManager(models.Manager):
    """Answers only within a scope, and only with that scope's rows."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Rows of the organizations in scope; raises NoTenant outside any."""
        scope = current_scope()
        if scope is None:
            raise NoTenant(f"{self.model.__name__} was read outside any organization")
        queryset = super().get_queryset()
        if scope.everyone:
            return queryset
        if len(scope.org_ids) == 1:
            return queryset.filter(organization_id=next(iter(scope.org_ids)))
        return queryset.filter(organization_id__in=scope.org_ids)


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    organization = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.CASCADE, related_name="+", editable=False)

    objects = TenantManager()
    unscoped = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fill the organization from the scope, and refuse another's."""
        scope = current_scope()
        if self.organization_id is None and scope and len(scope.org_ids) == 1:
            self.organization_id = next(iter(scope.org_ids))
        if self.organization_id is None or scope is None:
            raise NoTenant(f"{type(self).__name__} was saved outside any organization")
        if not scope.allows(self.organization_id):
            raise WrongTenant(f"{type(self).__name__} of organization {self.organization_id} saved in another's scope")
        super().save(*args, **kwargs)


class OutboxEvent(TenantModel):
    """A committed fact that receivers are still to hear of, or have heard."""

    name = models.CharField(max_length=80)
    aggregate = models.CharField(max_length=120)
    payload = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        indexes = [
            models.Index(
                fields=["id"], name="outbox_waiting", condition=models.Q(dispatched_at=None, failed_at=None)
            ),
            models.Index(fields=["organization", "-created_at"], name="outbox_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class OutboxReceipt(models.Model):
    """Proof that one receiver has handled one event; written in the receiver's own transaction."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="receipts")
    receiver = models.CharField(max_length=200)
    handled_at = models.DateTimeField(default=timezone.now)
    pending = models.JSONField(default=list, blank=True)  # tasks the receiver asked for, until the broker has them

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "receiver"], name="outbox_receipt_once")]

    def __str__(self) -> str:
        return f"{self.receiver} ← {self.event_id}"


class Connection(TenantModel):
    """An organization's account at a third party: what to call, with which credentials, and how it is doing."""

    class Status(models.TextChoices):
        NEW = "new", _("Not tested yet")
        OK = "ok", _("Working")
        ERROR = "error", _("Needs attention")
        PAUSED = "paused", _("Paused")

    kind = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    account = models.CharField(max_length=200, blank=True)  # whose account it is, in the vendor's words
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    config = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True)
    cursor = models.JSONField(default=dict, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    last_synced_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    error_count = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["organization", "kind"], name="connection_by_kind"),
            models.Index(
                fields=["next_attempt_at"], name="connection_due", condition=models.Q(next_attempt_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.provider})"


class Revocation(models.Model):
    """Access at a third party that is to be given back: the tokens of a connection that is gone, kept encrypted until
    the vendor has heard of it. It belongs to no organization, since it outlives one that is erased."""

    kind = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    secrets = EncryptedJSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.provider} {self.created_at:%Y-%m-%d %H:%M}"


from apps.core.api.stored import StoredAnswer  # noqa: E402, F401 -- Django finds models only here


class OpsPoint(models.Model):
    """What one part of the installation measured within a minute or an hour: sums in `counts`, and how often a time
    fell into which bucket in `histograms` (name → list). Averages and quantiles are made when it is read."""

    MINUTE, HOUR = 1, 2

    grain = models.SmallIntegerField()
    at = models.DateTimeField()
    source = models.CharField(max_length=60)
    counts = models.JSONField(default=dict)
    histograms = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grain", "source", "at"], name="ops_point_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M}"


class Alarm(models.Model):
    """Something about the installation that is wrong, from when to when. It is raised only after `strikes` looks in a
    row found it, and ends only after as many found it well clear, so that it does not flutter."""

    key = models.CharField(max_length=60, unique=True)
    raised_at = models.DateTimeField(null=True, blank=True)
    strikes = models.PositiveSmallIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True)
    reading = models.FloatField(default=0)
    told = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.key} since {self.raised_at:%Y-%m-%d %H:%M}" if self.raised_at else self.key
