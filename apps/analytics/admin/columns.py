"""Copies in columns for staff: what there is, how large, and what waits to be made anew."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import ColumnSpan
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(ColumnSpan)
class ColumnSpanAdmin(ReadOnlyAdmin):
    """Spans of visits that lie in columns."""

    list_display = ("site", "start", "until", "store", "ready", "stale", "visits", "events", "bytes", "made_at")
    list_filter = ("store", "ready", "stale")
    list_select_related = ("site",)
    ordering = ("-start",)
