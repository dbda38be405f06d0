"""Web analytics for staff: sites, what waits, what could not be digested. Raw bodies and visitors' marks are not shown.

Rollups have a key of several columns, which Django's admin cannot address; they are read on the site's page.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.analytics.models import (
    DailySalt,
    DeadLetter,
    Event,
    FoldedPeriod,
    Identity,
    Inbox,
    PipelineMinute,
    Session,
    Site,
    SiteDayDrop,
    StoreJob,
)
from apps.core.admin_base import ReadOnlyAdmin, StaffAdmin


@admin.register(Site)
class SiteAdmin(StaffAdmin):
    """Sites. They are added by their owners and deleted with their figures, not from here."""

    list_display = ("name", "script_id", "organization", "status", "detected_at", "last_event_at")
    list_filter = ("status",)
    list_select_related = ("organization",)
    search_fields = ("name", "=script_id", "organization__name")
    ordering = ("-id",)
    readonly_fields = ("organization", "script_id", "detected_at", "last_event_at", "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Their owners add them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their owners delete them."""
        return False


@admin.register(SiteDayDrop)
class SiteDayDropAdmin(ReadOnlyAdmin):
    """What was left out, and why."""

    list_display = ("id", "site", "day", "reason", "detail", "count")
    list_filter = ("reason",)
    list_select_related = ("site",)
    ordering = ("-id",)


@admin.register(Inbox)
class InboxAdmin(ReadOnlyAdmin):
    """Accepted and not yet counted."""

    list_display = ("id", "received_at", "site_id", "events", "origin")
    search_fields = ("=site_id",)
    ordering = ("-id",)
    exclude = ("body", "ip", "ua")


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """What could not be digested; `manage.py` replays it."""

    list_display = ("id", "site_id", "reason", "received_at", "failed_at", "attempts", "replayed_at")
    list_filter = ("reason",)
    search_fields = ("=site_id",)
    ordering = ("-id",)
    exclude = ("raw", "ua")


@admin.register(PipelineMinute)
class PipelineMinuteAdmin(ReadOnlyAdmin):
    """What the collector and the pipeline did, minute by minute."""

    list_display = ("minute", "process", "counts", "timings")
    ordering = ("-id",)


@admin.register(DailySalt)
class DailySaltAdmin(ReadOnlyAdmin):
    """That there is a salt for a day; never which."""

    list_display = ("day",)
    ordering = ("-day",)
    exclude = ("salt",)


@admin.register(StoreJob)
class StoreJobAdmin(ReadOnlyAdmin):
    """Requests to the pipeline."""

    list_display = ("id", "kind", "site_id", "created_at", "done_at", "error")
    list_filter = ("kind",)
    search_fields = ("=site_id",)
    ordering = ("-id",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events without what points to a person."""

    list_display = ("id", "time", "site", "name", "host", "path")
    list_select_related = ("site",)
    search_fields = ("=id",)
    ordering = ("-time",)
    exclude = ("visitor", "uid", "ip", "props", "items")


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Visits without what points to a person."""

    list_display = ("id", "started_at", "site", "channel", "entry_page", "pageviews", "country", "device")
    list_select_related = ("site",)
    search_fields = ("=id",)
    ordering = ("-started_at",)
    exclude = ("visitor", "uid", "seen")


@admin.register(FoldedPeriod)
class FoldedPeriodAdmin(ReadOnlyAdmin):
    """Weeks and months whose days have been added up."""

    list_display = ("id", "site", "grain", "start", "folded_at")
    list_select_related = ("site",)
    ordering = ("-id",)


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    """That a visitor was identified, and when; who it is is the site owner's business."""

    list_display = ("id", "site", "seen_at")
    list_select_related = ("site",)
    ordering = ("-id",)
    exclude = ("uid", "visitor", "traits")
