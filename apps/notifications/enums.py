"""The choices of notifications."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """By which way a person is told."""

    IN_APP = "in_app", _("In Mainstay")
    EMAIL = "email", _("By e-mail")


class DeliveryStatus(models.TextChoices):
    """Where a mail stands. Unconfirmed: handed over, and the answer was lost; sending again could double it."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNCONFIRMED = "unconfirmed", _("Handed over, not confirmed")
