"""The table of sites: its columns, rows with today's figures, and the tabs above it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.analytics.models import Site
from apps.analytics.selectors.sites import PAGE, Listed
from apps.analytics.views.status import status_of
from apps.metrics import frame as frames
from apps.metrics import present, ranges, read
from apps.metrics.contracts import BY_SUBJECT

TODAY = ("analytics.visitors", "analytics.events", "analytics.conversions")


def columns(params: QueryDict) -> list[dict[str, Any]]:
    """Heads; name and last visit can be sorted."""
    sort = params.get("sort", "name")
    return [
        {"key": "name", "label": _("Site")} | _sorting(params, sort, "name"),
        {"key": "status", "label": _("Status")},
        {"key": "id", "label": _("Script id"), "hidden": True},
        {"key": "visitors", "label": _("Visitors today"), "align": "end"},
        {"key": "events", "label": _("Events today"), "align": "end"},
        {"key": "conversions", "label": _("Conversions today"), "align": "end"},
        {"key": "last", "label": _("Last visit"), "align": "end"} | _sorting(params, sort, "last"),
    ]


def rows(request: HttpRequest, sites: list[Site]) -> list[dict[str, Any]]:
    """One row a site; the figures of all come in one question."""
    today = _today(request, sites)
    slug = request.organization.slug  # type: ignore[attr-defined]
    return [
        {
            "href": reverse("analytics:site", args=[slug, site.script_id]),
            "cells": [
                {"text": site.name, "sub": ", ".join(site.domains[:3])},
                {"badge": status_of(site).label, "tone": status_of(site).tone},
                {"text": site.script_id},
                *({"text": text} for text in today.get(str(site.id), ["0"] * len(TODAY))),
                {"text": _last_visit(site)},
            ],
        }
        for site in sites
    ]


def _last_visit(site: Site) -> str:
    if site.last_event_at is None:
        return _("Never")
    if timezone.now() - site.last_event_at < timedelta(minutes=1):
        return pgettext("last visit", "Just now")
    return _("%(time)s ago") % {"time": timesince(site.last_event_at, depth=1)}


def status_tabs(params: QueryDict) -> list[dict[str, Any]]:
    """All that are not archived, and each state."""
    shown = params.get("status", "")
    words = (
        ("", _("All")), ("active", _("Active")), ("waiting", _("Not detected")), ("error", _("Silent")),
        ("paused", _("Paused")), ("archived", _("Archived")),
    )
    return [
        {"label": label, "href": _with(params, status=key, offset=""), "active": key == shown} for key, label in words
    ]


def pager(params: QueryDict, listed: Listed) -> dict[str, str]:
    """Where the neighbouring pages begin."""
    before, after = max(0, listed.offset - PAGE), listed.offset + PAGE
    return {
        "prev_href": _with(params, offset=str(before or "")) if listed.offset else "",
        "next_href": _with(params, offset=str(after)) if listed.more else "",
        "summary": ngettext("%(count)s site", "%(count)s sites", listed.total) % {"count": listed.total},
    }


def _today(request: HttpRequest, sites: Iterable[Site]) -> dict[str, list[str]]:
    period = ranges.parse({"range": "today", "compare": "none"}, request.organization.tz)  # type: ignore[attr-defined]
    ids = tuple(site.id for site in sites)
    if not ids:
        return {}
    frame = frames.of_request(request, period, subjects=ids)
    found = read.breakdown(TODAY, frame, by=BY_SUBJECT, limit=len(ids))
    return {
        line.value: [present.short(line.values[m.key], m, found.currency) for m in found.metrics]
        for line in found.lines
    }


def _sorting(params: QueryDict, sort: str, key: str) -> dict[str, Any]:
    shown = {"sorted": "desc" if sort.startswith("-") else "asc"} if sort.lstrip("-") == key else {}
    return {"sort_href": _with(params, sort=f"-{key}" if sort == key else key, offset="")} | shown


def _with(params: QueryDict, **changes: str) -> str:
    query = params.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"
