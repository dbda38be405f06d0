"""Companies in CRMs for staff: whether sending works."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import CrmEntry
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(CrmEntry)
class CrmEntryAdmin(ReadOnlyAdmin):
    """Which company is in which CRM, or why it is not."""

    list_display = ("id", "organization", "company", "connection", "state", "attempts", "requested_at", "sent_at")
    list_filter = ("state",)
    list_select_related = ("organization", "company", "connection")
    search_fields = ("company__name", "external_id")
    ordering = ("-id",)
