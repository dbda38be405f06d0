"""Which companies stand in which CRM, or are on their way there."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.analytics.models.companies import Company
from apps.core.models import Connection, TenantModel


class CrmEntry(TenantModel):
    """One company in one connected CRM. `key` is what Mainstay calls it there, `external_id` what the CRM does.

    A row that waits is sent by a task; `claimed_until` is how long one that is sending has it for itself. `error` says
    why it was refused, or what it waits for (`crm_error_words`).
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("company on its way to a CRM", "On its way")
        SENT = "sent", pgettext_lazy("company in a CRM", "Sent")
        FAILED = "failed", pgettext_lazy("company refused by a CRM", "Refused")

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="crm_entries")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField(default=uuid4, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    external_id = models.CharField(max_length=40, blank=True)
    url = models.CharField(max_length=500, blank=True)
    made_there = models.BooleanField(default=False)  # by us; otherwise it was there before
    by_itself = models.BooleanField(default=False)  # because it became hot; otherwise somebody chose it
    requested_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    candidates = models.JSONField(default=list, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "CRM entries"
        constraints = [models.UniqueConstraint(fields=["company", "connection"], name="crm_entry_once")]
        indexes = [
            models.Index(fields=["connection", "id"], name="crm_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["connection", "external_id"], name="crm_by_record"),
        ]

    def __str__(self) -> str:
        return f"company {self.company_id} in CRM {self.connection_id}: {self.state}"
