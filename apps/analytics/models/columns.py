"""Which stretches of a site's visits lie in columns: in files or in ClickHouse. They are copies that can be thrown
away."""

from __future__ import annotations

from django.db import models

from apps.analytics.models.site import Site
from apps.core.models import TenantModel


class ColumnSpan(TenantModel):
    """The visits of a site that began in [start, until), with their events, as tables in columns.

    `store` says where they lie (`apps.analytics.columns.stores`), `name` is the folder or partition that holds them,
    new with every making. A span is read only when it is `ready` and not `stale`. Triggers set `stale` in the
    transaction that changes a visit of the span, so that an answer never comes from a copy of what is no longer so.
    `zone` is the clock by whose days it was told which visits are the only one of their visitor that day.
    `visits`, `events`, `pages` and `names` are the rows of each table.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField()
    until = models.DateTimeField()
    store = models.CharField(max_length=20, default="files")
    name = models.CharField(max_length=40, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    ready = models.BooleanField(default=False)
    stale = models.BooleanField(default=False)
    visits = models.BigIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    pages = models.BigIntegerField(default=0)
    names = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["store", "site", "start", "until"], name="column_span_once")]
        indexes = [models.Index(fields=["site", "until"], name="column_span_by_end")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.start:%Y-%m-%d} – {self.until:%Y-%m-%d}"
