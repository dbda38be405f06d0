"""The ground floor for staff: events that are stuck, and connections without their credentials."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core import outbox
from apps.core.admin_base import ReadOnlyAdmin as ReadOnly
from apps.core.api.stored import StoredAnswer
from apps.core.connections.services import connection_pause, connection_resync
from apps.core.models import Alarm, Connection, OpsPoint, OutboxEvent, OutboxReceipt, Revocation


class StuckFilter(admin.SimpleListFilter):
    """Where an event stands on its way to the receivers."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The states one may ask for."""
        return [("failed", _("Given up")), ("retrying", _("Being retried")), ("waiting", _("Waiting"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> QuerySet[OutboxEvent]:
        """The events in that state."""
        waiting = queryset.filter(dispatched_at=None, failed_at=None)
        return {
            "failed": queryset.exclude(failed_at=None),
            "retrying": waiting.filter(attempts__gt=0),
            "waiting": waiting.filter(attempts=0),
        }.get(self.value() or "", queryset)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnly):
    """The outbox, with a way to give failed events another round."""

    list_display = ("id", "name", "organization", "created_at", "dispatched_at", "attempts", "failed_at")
    list_filter = (StuckFilter, "name")
    list_select_related = ("organization",)
    search_fields = ("name", "aggregate", "last_error")
    ordering = ("-id",)
    actions = ("retry",)

    @admin.action(description=_("Try again now"), permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> None:
        """Start another full round of attempts."""
        count = outbox.retry(queryset.values_list("id", flat=True))
        said = ngettext("%(count)s event is tried again.", "%(count)s events are tried again.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)


@admin.register(Connection)
class ConnectionAdmin(ReadOnly):
    """Accounts at third parties; the credentials are not shown to anybody."""

    list_display = ("name", "organization", "kind", "provider", "status", "last_ok_at", "error_count")
    list_filter = ("status", "kind", "provider")
    list_select_related = ("organization",)
    search_fields = ("name", "account", "last_error")
    exclude = ("secrets",)
    ordering = ("-id",)
    actions = ("resync", "pause")

    @admin.action(description=_("Sync now"), permissions=["view"])
    def resync(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Make them due."""
        for connection in queryset:
            connection_resync(connection)

    @admin.action(description=_("Pause"), permissions=["view"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Leave their vendors alone."""
        for connection in queryset:
            connection_pause(connection)


@admin.register(Revocation)
class RevocationAdmin(ReadOnly):
    """Access that vendors were not told yet is not wanted any more; the tokens are not shown to anybody."""

    list_display = ("provider", "kind", "created_at", "attempts", "next_attempt_at")
    list_filter = ("provider",)
    exclude = ("secrets",)
    ordering = ("-id",)


@admin.register(OutboxReceipt)
class OutboxReceiptAdmin(ReadOnly):
    """Which receiver has handled which event."""

    list_display = ("id", "event_id", "receiver", "handled_at")
    search_fields = ("=event__id", "=receiver")
    ordering = ("-id",)


@admin.register(StoredAnswer)
class StoredAnswerAdmin(ReadOnly):
    """Writes that carried an idempotency key. What was answered is the caller's business."""

    list_display = ("id", "caller", "key", "status", "started_at")
    search_fields = ("=caller", "=key")
    ordering = ("-id",)
    exclude = ("answer",)


@admin.register(OpsPoint)
class OpsPointAdmin(ReadOnly):
    """What the installation measured of itself."""

    list_display = ("at", "grain", "source", "counts")
    list_filter = ("grain",)
    ordering = ("-id",)


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    """What is wrong with the installation, or was."""

    list_display = ("key", "raised_at", "strikes", "reading", "looked_at")
    ordering = ("key",)
