"""Companies for staff: that there are some, and how recognition is doing. Addresses are not shown, nor who visited."""

from __future__ import annotations

from django.contrib import admin

from apps.analytics.models import (
    AddressLookup,
    Company,
    CompanyRules,
    CompanyScore,
    CompanyVisit,
    LookupDay,
    NetworkDay,
)
from apps.core.admin_base import ReadOnlyAdmin


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    """Businesses seen by organizations. Their owners set them right."""

    list_display = ("id", "name", "organization", "kind", "confidence", "score", "temperature", "last_seen_at")
    list_filter = ("kind", "confidence", "temperature")
    list_select_related = ("organization",)
    search_fields = ("name", "domain", "network_name")
    ordering = ("-id",)


@admin.register(CompanyVisit)
class CompanyVisitAdmin(ReadOnlyAdmin):
    """That a visit came from a company."""

    list_display = ("session_id", "site", "company", "kind")
    list_select_related = ("site", "company")
    ordering = ("-session_id",)


@admin.register(NetworkDay)
class NetworkDayAdmin(ReadOnlyAdmin):
    """Visits by kind of network and day."""

    list_display = ("id", "site", "day", "kind", "visits")
    list_filter = ("kind",)
    list_select_related = ("site",)
    ordering = ("-id",)


@admin.register(AddressLookup)
class AddressLookupAdmin(ReadOnlyAdmin):
    """What waits for its name; never the address."""

    list_display = ("session_id", "site", "kind", "created_at")
    list_select_related = ("site",)
    ordering = ("-created_at",)
    exclude = ("address",)


@admin.register(LookupDay)
class LookupDayAdmin(ReadOnlyAdmin):
    """What became of look-ups."""

    list_display = ("id", "organization", "day", "found", "nameless", "remembered", "failed", "expired")
    list_select_related = ("organization",)
    ordering = ("-id",)


@admin.register(CompanyScore)
class CompanyScoreAdmin(ReadOnlyAdmin):
    """The history of scores."""

    list_display = ("id", "company", "day", "score", "temperature")
    list_filter = ("temperature",)
    list_select_related = ("company",)
    ordering = ("-id",)


@admin.register(CompanyRules)
class CompanyRulesAdmin(ReadOnlyAdmin):
    """How organizations weigh."""

    list_display = ("id", "organization", "hot_from", "warm_from")
    list_select_related = ("organization",)
    ordering = ("-id",)
