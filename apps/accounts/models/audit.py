"""The audit log: rows that can be added and read, and by a database trigger neither changed nor removed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.models import TenantModel


class AuditEntry(TenantModel):
    """Who did what to what, before and after, from where, when. Names are copied: they outlive what they name."""

    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+",
    )
    actor_name = models.CharField(max_length=254, blank=True)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "-at", "-id"], name="audit_list"),
            models.Index(fields=["organization", "action", "-at"], name="audit_by_action"),
            models.Index(fields=["organization", "actor", "-at"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.object_name}"
