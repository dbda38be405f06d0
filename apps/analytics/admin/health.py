"""How tracking is doing, for staff. The flow of events has a key of several columns, which Django's admin cannot
address; it is read on the monitoring page."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import SiteDayDoubt, SiteScore
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(SiteDayDoubt)
class SiteDayDoubtAdmin(ReadOnlyAdmin):
    """What was counted and is doubtful, and why."""

    list_display = ("id", "site", "day", "kind", "detail", "count")
    list_filter = ("kind",)
    list_select_related = ("site",)
    ordering = ("-id",)


@admin.register(SiteScore)
class SiteScoreAdmin(ReadOnlyAdmin):
    """The data quality of each site by day."""

    list_display = ("id", "site", "day", "points", "most")
    list_select_related = ("site",)
    ordering = ("-id",)
