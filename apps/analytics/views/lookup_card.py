"""The card of the monitoring page that tells how companies are looked up."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.selectors.company_lookups import lookups_lately
from apps.core.connections.services import status_in_words
from apps.metrics.words import NOTHING, say, say_percent


def lookup_card(slug: str) -> list[dict[str, Any]]:
    """Look-ups of thirty days as names and values; empty when nobody looks anything up."""
    found = lookups_lately()
    if not found.total and not found.waiting and found.service is None:
        return []
    rows: list[dict[str, Any]] = [
        {"label": _("Looked up in 30 days"), "text": say(found.total, "count")},
        {"label": _("From memory"),
         "text": NOTHING if found.from_memory is None else say_percent(found.from_memory)},
        {"label": _("Found"), "text": say(found.found, "count")},
        {"label": _("Without a name"), "text": say(found.nameless, "count")},
        {"label": _("Failed"), "text": say(found.failed, "count")},
        {"label": _("Deleted unanswered after 15 minutes"), "text": say(found.expired, "count")},
        {"label": _("Waiting"), "text": say(found.waiting, "count")},
    ]
    if found.service is not None:
        row = found.service
        href = reverse("connections:detail", args=[slug, row.pk])
        words = row.last_error or status_in_words(row)
        rows += [
            {"label": row.name, "text": words, "href": href}, {"label": _("Quota"), "text": row.account or NOTHING},
        ]
    return rows
