"""How tracking itself is doing: what became of what arrived, what is doubtful about it, and the mark it earns."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.analytics.models.site import Site
from apps.core.models import TenantModel


def _owner() -> Any:
    return models.ForeignKey(
        settings.TENANT_MODEL, on_delete=models.CASCADE, related_name="+", editable=False, db_constraint=False,
        db_index=False,
    )


def _site() -> Any:
    return models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)


class SiteFlow(TenantModel):
    """What became of the events of a site that arrived within one bucket: counted, or left out and why.

    `grain` is a StoreGrain (minutes, hours, days of the organization's zone). `delay` counts the events taken in by
    how long they waited, in the buckets of `apps.analytics.histograms.DELAY_MS`. Events that were refused at the door
    never waited.
    """

    pk = models.CompositePrimaryKey("site_id", "grain", "bucket")
    organization = _owner()
    site = _site()
    grain = models.SmallIntegerField()
    bucket = models.DateTimeField()
    stored = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    bots = models.BigIntegerField(default=0)
    spam = models.BigIntegerField(default=0)
    hostnames = models.BigIntegerField(default=0)
    invalid = models.BigIntegerField(default=0)
    limited = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    delay = ArrayField(models.BigIntegerField(), default=list)

    class Meta(TenantModel.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.site_id} {self.bucket:%Y-%m-%d %H:%M}"


class SiteDayDoubt(TenantModel):
    """How many counted events of a site had something to be said about on a day; `kind` is a Doubt.

    Some kinds are what the others are a share of: all events, all purchases, each host.
    """

    organization = _owner()
    site = _site()
    day = models.DateField()
    kind = models.CharField(max_length=20)
    detail = models.CharField(max_length=100, blank=True, default="")
    count = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "kind", "detail"], name="site_day_doubt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day} {self.kind}: {self.count}"


class SiteScore(TenantModel):
    """A site's data quality as of the end of a day: `points` of `most`, and each part with what it was made from."""

    site = _site()
    day = models.DateField()
    points = models.IntegerField(default=0)
    most = models.IntegerField(default=0)
    parts = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["site", "day"], name="site_score_once")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day}: {self.points}/{self.most}"

    @property
    def score(self) -> int:
        """0–100."""
        return round(100 * self.points / self.most) if self.most else 0
