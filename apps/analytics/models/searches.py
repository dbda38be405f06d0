"""For which searches a site was found, as Google counts it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.analytics.enums import SearchDimension
from apps.analytics.models.site import Site
from apps.core.models import Connection, TenantModel


class SiteSearch(TenantModel):
    """Where a site's figures of searches come from, and how far they reach.

    `property` is the one whose figures are stored; the one that is read stands in the connection's settings. The days
    are Google's, by Pacific time: figures from `first_day` to `last_day`, of which those after `final_day` may still
    change. Figures stay when the account is disconnected.
    """

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="search")
    connection = models.OneToOneField(Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    property = models.CharField(max_length=300, blank=True)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    final_day = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "site searches"

    def __str__(self) -> str:
        return self.property or f"site {self.site_id}"


class SearchFigure(TenantModel):
    """Clicks and impressions of one day by one dimension: of the whole site, a term, a page, a country or a device.

    `places` is the sum of the places at which each impression stood; divided by the impressions it is the mean place.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    dim = models.SmallIntegerField(choices=SearchDimension)
    value = models.TextField(blank=True)
    clicks = models.IntegerField()
    impressions = models.IntegerField()
    places = models.FloatField()

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["site", "dim", "day", "value"], name="search_figure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.value}"
