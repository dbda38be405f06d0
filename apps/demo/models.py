"""How far the demo's history has been loaded."""

from __future__ import annotations

from django.db import models

from apps.core.models import TenantModel


class DemoLoad(TenantModel):
    """One demo business: which of `businesses` it is, and up to when its past visits are in."""

    business = models.CharField(max_length=20)
    site = models.ForeignKey("analytics.Site", on_delete=models.CASCADE, related_name="+")
    loaded_until = models.DateTimeField()

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["business"], name="demo_business_once")]

    def __str__(self) -> str:
        return f"{self.business} until {self.loaded_until:%Y-%m-%d %H:%M}"
