"""Imports of history for staff."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import Import
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """How imports are doing. What is in the files is the organizations' own."""

    list_display = ("name", "site", "kind", "state", "line", "taken", "broken", "started_at", "finished_at")
    list_filter = ("kind", "state")
    list_select_related = ("site",)
    exclude = ("preview", "faults", "limits", "buckets", "file", "source")
