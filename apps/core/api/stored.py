"""The row behind an idempotency key."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.core.encryption import EncryptedJSONField


class StoredAnswer(models.Model):
    """What a write answered, kept for a day. Global, because some writes belong to no organization yet; whose it
    is stands in `caller`, and the answer is encrypted."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    started_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = EncryptedJSONField(null=True, blank=True)

    class Meta:
        app_label = "core"
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="stored_answer_once")]
        indexes = [models.Index(fields=["started_at"], name="stored_answer_age")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
