"""A site that is tracked, and what of its traffic was not counted."""

from __future__ import annotations

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts import SiteSettings
from apps.analytics.enums import SiteStatus
from apps.core.models import TenantModel

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_script_id() -> str:
    """Twelve random characters: the public name of a site, which says nothing about it."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


class Site(TenantModel):
    """A web site of an organization: one snippet, one set of figures.

    Events before `events_from` are not kept (any more): figures of the time before it cannot be counted again.
    """

    name = models.CharField(_("name"), max_length=120)
    script_id = models.CharField(max_length=12, unique=True, default=new_script_id, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=SiteStatus, default=SiteStatus.ACTIVE)
    domains = ArrayField(
        models.CharField(max_length=253), default=list, blank=True, verbose_name=_("domains"),
        help_text=_("Hosts this site answers on, without https:// in front."),
    )
    cross_domains = ArrayField(
        models.CharField(max_length=253), default=list, blank=True, verbose_name=_("domains counted as the same site"),
    )
    settings = models.JSONField(default=dict, blank=True)
    detected_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_event_at = models.DateTimeField(null=True, blank=True, editable=False)
    events_from = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["organization", "name"], name="site_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def options(self) -> SiteSettings:
        """The stored settings, typed and with defaults."""
        return SiteSettings.from_json(self.settings)

    @property
    def is_detected(self) -> bool:
        """Whether anything ever arrived from it."""
        return self.detected_at is not None


class SiteDayDrop(TenantModel):
    """How many events of a site were not counted on a day (in the organization's zone), and why."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    day = models.DateField()
    reason = models.CharField(max_length=20)
    detail = models.CharField(max_length=60, blank=True, default="")
    count = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "reason", "detail"], name="site_day_drop_once"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day} {self.reason}: {self.count}"
