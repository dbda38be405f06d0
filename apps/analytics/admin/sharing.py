"""Shared links and warnings for staff: read only. The key of a link is not shown."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import SharedLink, TrafficAlert
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(SharedLink)
class SharedLinkAdmin(ReadOnlyAdmin):
    """Who may look at a site without an account."""

    list_display = ("id", "name", "site", "period", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("site",)
    search_fields = ("name",)
    exclude = ("nonce", "token_hash", "password")
    ordering = ("-id",)


@admin.register(TrafficAlert)
class TrafficAlertAdmin(ReadOnlyAdmin):
    """What owners want to be warned of."""

    list_display = ("id", "site", "spike_visitors", "spike_times", "drop_visitors", "spike_told_at", "drop_told_at")
    list_select_related = ("site",)
    ordering = ("-id",)
