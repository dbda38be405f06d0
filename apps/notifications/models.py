"""What people are told, how they want to be told, and every mail on its way out.

These rows belong to an organization or, like a sign-in code, to nobody's; the wall in the database lets the latter
through and is the reason for the nullable organization.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.encryption import EncryptedJSONField
from apps.notifications.enums import Channel, DeliveryStatus


def new_key() -> str:
    """A key no other delivery has."""
    return uuid.uuid4().hex


class Notification(models.Model):
    """One thing one person is told, in their language. Read through selectors, which ask for the person first."""

    organization = models.ForeignKey(
        settings.TENANT_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(fields=["user"], name="notification_unread", condition=models.Q(read_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "key"], name="notification_once", condition=~models.Q(key="")
            )
        ]

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """A person's wish about one kind of notification by one way, where it differs from the kind's default."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel)
    enabled = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "channel"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.channel}: {self.enabled}"


class SeenDevice(models.Model):
    """A browser and system a person has signed in with, so that a new one can be told of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=120)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "device"], name="seen_device_once")]

    def __str__(self) -> str:
        return self.device


class Delivery(models.Model):
    """One mail on its way: queued in the transaction that wanted it, sent by a worker, never twice.

    The contents are encrypted and are forgotten as soon as the mail has left.
    """

    organization = models.ForeignKey(
        settings.TENANT_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    key = models.CharField(max_length=120, unique=True, default=new_key)
    kind = models.CharField(max_length=60, default="system")
    to = models.CharField(max_length=500)
    subject = models.CharField(max_length=300)
    content = EncryptedJSONField(default=dict, blank=True)
    status = models.CharField(max_length=12, choices=DeliveryStatus, default=DeliveryStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    sending_since = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)  # since then its fate is not in our hands
    sent_at = models.DateTimeField(null=True, blank=True)
    transport = models.CharField(max_length=60, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="delivery_due",
                condition=models.Q(status__in=["queued", "sending"]),
            ),
            models.Index(fields=["-created_at"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
