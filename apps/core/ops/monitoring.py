"""The monitoring page for staff: what waits, what is wrong, what runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.models import Connection
from apps.core.ops import probes, processes

_SHOWN_CONNECTIONS = 20


def page(request: HttpRequest) -> HttpResponse:
    """Everything at one look; superusers only, since it looks over all organizations."""
    if not request.user.is_superuser:
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Monitoring"),
        "places": {"headers": [_("Place"), _("State"), _("Waiting"), _("Oldest")], "rows": _places()},
        "processes": {
            "headers": [_("Process"), _("Id"), _("Memory"), _("Processor time"), _("Running for")],
            "rows": _processes(),
        },
        "connections": {"headers": [_("Connection"), _("Organization"), _("What is wrong")], "rows": _broken()},
        "outbox_url": reverse("admin:core_outboxevent_changelist"),
    }
    return render(request, "admin/monitoring.html", context)


def _places() -> list[list[Any]]:
    return [
        [
            str(probe.label),
            ("✓ " if reading.ok else "✗ ") + str(reading.words),
            "" if reading.waiting is None else reading.waiting,
            "" if reading.oldest_seconds is None else str(timedelta(seconds=int(reading.oldest_seconds))),
        ]
        for probe, reading in probes.read_all()
    ]


def _processes() -> list[list[Any]]:
    return [
        [
            process.role,
            process.pid,
            filesizeformat(process.memory_bytes),
            str(timedelta(seconds=int(process.cpu_seconds))),
            str(timedelta(seconds=int(process.uptime_seconds))),
        ]
        for process in processes.running()
    ]


def _broken() -> list[list[Any]]:
    rows = Connection.objects.filter(status=Connection.Status.ERROR).select_related("organization")
    return [[str(row), str(row.organization), row.last_error] for row in rows.order_by("-id")[:_SHOWN_CONNECTIONS]]
