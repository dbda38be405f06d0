"""Lists of sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.analytics.enums import SiteStatus
from apps.analytics.models import Site

PAGE = 50
_SORTS = {
    "name": ("name", "id"),
    "-name": ("-name", "-id"),
    "last": (F("last_event_at").asc(nulls_last=True), "id"),
    "-last": (F("last_event_at").desc(nulls_last=True), "id"),
    "-created": ("-created_at", "-id"),
}


@dataclass(frozen=True)
class Listed:
    """A page of sites, how many there are before searching, and where the pages around it begin."""

    sites: list[Site]
    total: int
    offset: int
    more: bool


def sites_listed(mine: models.QuerySet[Site], params: Mapping[str, Any]) -> Listed:
    """The sites of a queryset that match `q` (name, address, script id) and `status`, in the order `sort` says."""
    found = mine
    status = params.get("status", "")
    if status == "waiting":
        found = found.filter(status=SiteStatus.ACTIVE, detected_at=None)
    elif status == "error":
        silent_since = timezone.now() - timedelta(days=2)
        found = found.filter(status=SiteStatus.ACTIVE, last_event_at__lt=silent_since)
    elif status in SiteStatus.values:
        found = found.filter(status=status)
    else:
        found = found.exclude(status=SiteStatus.ARCHIVED)
    if word := params.get("q", "").strip()[:100]:
        found = found.filter(Q(name__icontains=word) | Q(script_id=word.lower()) | Q(domains__icontains=word))
    offset = int(params["offset"]) if str(params.get("offset", "")).isdigit() else 0
    rows = list(found.order_by(*_SORTS.get(params.get("sort", ""), _SORTS["name"]))[offset : offset + PAGE + 1])
    return Listed(rows[:PAGE], mine.count(), offset, len(rows) > PAGE)
