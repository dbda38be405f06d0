"""How far the demo's history has been loaded, for staff."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin_base import ReadOnlyAdmin
from apps.demo.models import DemoLoad


@admin.register(DemoLoad)
class DemoLoadAdmin(ReadOnlyAdmin):
    """One row a demo business."""

    list_display = ("business", "organization", "site", "loaded_until")
    list_select_related = ("organization", "site")
    ordering = ("business",)
