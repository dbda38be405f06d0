"""Notifications for staff: mails that did not leave, and what people were told."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.admin_base import ReadOnlyAdmin
from apps.notifications.delivery import send_again
from apps.notifications.enums import DeliveryStatus
from apps.notifications.models import Delivery, Notification, Preference, SeenDevice


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Mails without their contents, with a way to send again what did not arrive."""

    list_display = ("id", "to", "subject", "status", "attempts", "transport", "created_at", "sent_at")
    list_filter = ("status", "transport", "kind")
    search_fields = ("to", "subject", "key", "remote_id", "last_error")
    exclude = ("content",)
    ordering = ("-id",)
    actions = ("again",)

    @admin.action(description=_("Send again (may arrive twice)"), permissions=["view"])
    def again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue failed and unconfirmed mails once more."""
        stopped = queryset.filter(status__in=[DeliveryStatus.FAILED, DeliveryStatus.UNCONFIRMED])
        rows = [row for row in stopped if row.content]
        for row in rows:
            send_again(row)
        said = ngettext("%(count)s mail is sent again.", "%(count)s mails are sent again.", len(rows))
        self.message_user(request, said % {"count": len(rows)}, messages.SUCCESS)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """What people were told."""

    list_display = ("id", "user", "kind", "title", "created_at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("title", "user__email")
    ordering = ("-id",)


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    """How people want to be told."""

    list_display = ("user", "kind", "channel", "enabled")
    list_select_related = ("user",)
    search_fields = ("user__email", "kind")


@admin.register(SeenDevice)
class SeenDeviceAdmin(ReadOnlyAdmin):
    """What people sign in with."""

    list_display = ("user", "device", "first_seen_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "device")
