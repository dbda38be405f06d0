"""Points of collected metrics, and which hours have been counted."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TenantModel


class MetricPoint(TenantModel):
    """What was counted in one hour of the organization's clock. Nothing counted is no row."""

    measure = models.CharField(max_length=120)
    hour = models.DateTimeField()
    subject = models.BigIntegerField(default=0)
    dims = models.JSONField(default=dict)
    value = models.DecimalField(max_digits=24, decimal_places=6)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "measure", "hour", "subject", "dims"], name="metric_point_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.hour:%Y-%m-%d %H:%M}: {self.value}"


class FillState(TenantModel):
    """How far the count of one metric's hour is. STARTED also means: facts came in since, count it again."""

    class State(models.TextChoices):
        STARTED = "started", _("To be counted")
        DONE = "done", _("Counted")

    metric = models.CharField(max_length=120)
    hour = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.STARTED)
    filled_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["organization", "metric", "hour"], name="fill_state_once")]
        indexes = [
            models.Index(
                fields=["organization", "metric"], name="fill_state_waiting", condition=models.Q(state="started")
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.hour:%Y-%m-%d %H:%M}: {self.state}"
