"""Searches for staff: where figures come from and how far they reach. What people searched for is the owners' own."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import SearchFigure, SiteSearch
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(SiteSearch)
class SiteSearchAdmin(ReadOnlyAdmin):
    """Accounts and properties."""

    list_display = ("site", "organization", "property", "first_day", "last_day", "final_day")
    list_select_related = ("site", "organization")
    search_fields = ("property",)


@admin.register(SearchFigure)
class SearchFigureAdmin(ReadOnlyAdmin):
    """Figures by day, without the words."""

    list_display = ("id", "site", "day", "dim", "clicks", "impressions")
    list_filter = ("dim",)
    list_select_related = ("site",)
    exclude = ("value",)
    show_full_result_count = False
