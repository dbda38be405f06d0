"""Destinations for staff: how they are doing. Payloads belong to the site's owner and are not shown."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import Delivery, DeliveryMinute, Destination, VisitorClick
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(Destination)
class DestinationAdmin(ReadOnlyAdmin):
    """Where events are sent on to."""

    list_display = ("name", "site", "organization", "is_enabled", "breaker", "failures", "last_ok_at", "last_error_at")
    list_filter = ("breaker", "is_enabled")
    list_select_related = ("site", "organization")
    search_fields = ("name", "organization__name")
    ordering = ("-id",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Events on their way."""

    list_display = ("id", "destination", "name", "state", "attempts", "next_at", "finished_at")
    list_filter = ("state", "is_unsure")
    list_select_related = ("destination",)
    search_fields = ("=destination__id",)
    ordering = ("-id",)
    exclude = ("payload", "visitor", "answer", "log", "event_id")


@admin.register(DeliveryMinute)
class DeliveryMinuteAdmin(ReadOnlyAdmin):
    """Counts."""

    list_display = ("id", "destination", "minute", "sent", "failed", "dead", "skipped", "requests")
    list_select_related = ("destination",)
    ordering = ("-id",)


@admin.register(VisitorClick)
class VisitorClickAdmin(ReadOnlyAdmin):
    """That a visitor's ad click is known; never which."""

    list_display = ("id", "site", "seen_at")
    list_select_related = ("site",)
    ordering = ("-id",)
    exclude = ("visitor", "ids")
