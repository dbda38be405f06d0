"""Goals, funnels and segments for staff: read only, their owners change them."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import Funnel, Goal, Segment
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin):
    """What sites want of their visitors."""

    list_display = ("id", "name", "site", "kind", "match", "value", "is_conversion", "updated_at")
    list_filter = ("kind", "is_conversion")
    list_select_related = ("site",)
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(Funnel)
class FunnelAdmin(ReadOnlyAdmin):
    """Steps that visitors take."""

    list_display = ("id", "name", "site", "window", "updated_at")
    list_filter = ("window",)
    list_select_related = ("site",)
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    """Saved filters."""

    list_display = ("id", "name", "site", "user", "is_shared", "updated_at")
    list_filter = ("is_shared",)
    list_select_related = ("site", "user")
    search_fields = ("name",)
    ordering = ("-id",)
