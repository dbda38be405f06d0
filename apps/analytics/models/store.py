"""The event store in PostgreSQL. The pipeline alone writes these tables, in bulk and without the ORM.

Foreign keys carry no database constraint: checking one for every row of a batch costs more than storing the row, and
the one writer knows the sites. Deleting an organization or site still deletes their rows, in one statement a table.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
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


class Event(TenantModel):
    """One event, once. The table is partitioned by month of `time`; the id is a 64-bit mark of site and event id, so
    that the same event sent twice is the same row."""

    id = models.BigIntegerField(primary_key=True)
    organization = _owner()
    site = _site()
    time = models.DateTimeField()
    received_at = models.DateTimeField()
    session_id = models.BigIntegerField(default=0)
    visitor = models.BigIntegerField(default=0)
    name = models.CharField(max_length=64)
    host = models.CharField(max_length=253, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    title = models.CharField(max_length=300, blank=True)
    referrer = models.CharField(max_length=1000, blank=True)
    uid = models.CharField(max_length=128, blank=True)
    order_id = models.CharField(max_length=128, blank=True)
    revenue = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    engaged_ms = models.IntegerField(default=0)
    scroll = models.SmallIntegerField(null=True, blank=True)
    flags = models.SmallIntegerField(default=0)
    ip = models.GenericIPAddressField(null=True, blank=True)
    props = models.JSONField(null=True, blank=True)
    items = models.JSONField(null=True, blank=True)
    vitals = models.JSONField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["site", "time"], name="event_by_site"),
            models.Index(fields=["site", "time"], name="event_orders", condition=models.Q(name="purchase")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.path}"


class Session(TenantModel):
    """One visit: events of one visitor with no gap over thirty minutes and one campaign.

    `seen` are the marks of what was already counted for it (packed 64-bit integers): days, hours, pages, events. With
    them unique visitors and sessions by page are exact, however the events are cut into batches.
    """

    id = models.BigIntegerField(primary_key=True)
    organization = _owner()
    site = _site()
    visitor = models.BigIntegerField()
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    entry_at = models.DateTimeField(null=True, blank=True)
    exit_at = models.DateTimeField(null=True, blank=True)
    entry_page = models.CharField(max_length=1000, blank=True)
    exit_page = models.CharField(max_length=1000, blank=True)
    channel = models.CharField(max_length=20)
    source = models.CharField(max_length=200, blank=True)
    medium = models.CharField(max_length=100, blank=True)
    campaign = models.CharField(max_length=200, blank=True)
    term = models.CharField(max_length=200, blank=True)
    content = models.CharField(max_length=200, blank=True)
    referrer = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    device = models.CharField(max_length=10, blank=True)
    browser = models.CharField(max_length=60, blank=True)
    os = models.CharField(max_length=60, blank=True)
    screen = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=20, blank=True)
    uid = models.CharField(max_length=128, blank=True)
    pageviews = models.IntegerField(default=0)
    events = models.IntegerField(default=0)
    engaged_ms = models.BigIntegerField(default=0)
    conversions = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    is_bounce = models.BooleanField(default=False)
    seen = models.BinaryField(default=b"")

    class Meta(TenantModel.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["site", "started_at"], name="session_by_start"),
            models.Index(fields=["visitor", "site"], name="session_by_visitor"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.started_at:%Y-%m-%d %H:%M}"


class Rollup(TenantModel):
    """What happened at a site in one bucket, by one value of one dimension. Written as differences, batch by batch.

    `bucket` is the instant at which the bucket begins in the organization's zone; `grain` a StoreGrain, `dim` a
    Dimension. Minutes and hours are kept of the total only. Weeks and months are folded from days once they are over.
    """

    pk = models.CompositePrimaryKey("site_id", "dim", "grain", "bucket", "value")
    organization = _owner()
    site = _site()
    grain = models.SmallIntegerField()
    dim = models.SmallIntegerField()
    bucket = models.DateTimeField()
    value = models.CharField(max_length=500, blank=True)
    visitors = models.BigIntegerField(default=0)
    sessions = models.BigIntegerField(default=0)
    pageviews = models.BigIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    bounces = models.BigIntegerField(default=0)
    engaged_ms = models.BigIntegerField(default=0)
    duration_s = models.BigIntegerField(default=0)
    conversions = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    revenue = models.DecimalField(max_digits=24, decimal_places=4, default=0)

    class Meta(TenantModel.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.site_id} {self.dim} {self.bucket} {self.value}"


class FoldedPeriod(TenantModel):
    """A week or month of a site whose days have been added up into rows of their own."""

    site = _site()
    grain = models.SmallIntegerField()
    start = models.DateTimeField()
    folded_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["site", "grain", "start"], name="folded_period_once")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.start:%Y-%m-%d}"


class Identity(TenantModel):
    """Under which mark a known user was last seen in a browser, so that events from the owner's server join in."""

    site = _site()
    uid = models.CharField(max_length=128)
    visitor = models.BigIntegerField()
    traits = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["site", "uid"], name="identity_once")]
        indexes = [models.Index(fields=["site", "visitor"], name="identity_by_visitor")]

    def __str__(self) -> str:
        return self.uid
