"""Counted numbers for staff, to look at; `recount` of an hour is the rollup's business."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin_base import ReadOnlyAdmin
from apps.metrics.models import FillState, MetricPoint


@admin.register(MetricPoint)
class MetricPointAdmin(ReadOnlyAdmin):
    """Points of collected metrics."""

    list_display = ("id", "organization", "measure", "hour", "subject", "value")
    list_select_related = ("organization",)
    search_fields = ("=measure", "organization__slug")
    ordering = ("-id",)


@admin.register(FillState)
class FillStateAdmin(ReadOnlyAdmin):
    """Which hours have been counted."""

    list_display = ("id", "organization", "metric", "hour", "state", "filled_at")
    list_filter = ("state",)
    list_select_related = ("organization",)
    search_fields = ("=metric", "organization__slug")
    ordering = ("-id",)
