"""The activity feed: an organization's recent events as sentences with a link, made from the outbox.

An event type is shown once its app has said how, in `places.py`; what a person may not see is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from apps.core import events
from apps.core.models import OutboxEvent

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Line:
    """How one event type is shown. `text(event)` is the sentence, `url(event, slug)` where it leads."""

    text: Callable[[Any], Any]
    url: Callable[[Any, str], str] | None
    icon: str
    tone: str
    action: str


@dataclass(frozen=True)
class Entry:
    """One line of the feed."""

    id: int
    name: str
    at: datetime
    text: str
    url: str
    icon: str
    tone: str


_lines: dict[str, Line] = {}


def show(
    event_type: type,
    *,
    text: Callable[[Any], Any],
    url: Callable[[Any, str], str] | None = None,
    icon: str = "activity",
    tone: str = "neutral",
    action: str = "home.view",
) -> None:
    """Put an event type into the feed; `action` is what a person must be allowed to do to see it."""
    name = event_type.event_meta.name  # type: ignore[attr-defined]
    if name in _lines:
        raise ValueError(f"{name} is shown twice")
    _lines[name] = Line(text, url, icon, tone, action)


def recent(slug: str, may: Callable[[str], bool], *, limit: int = 20, before: int | None = None) -> list[Entry]:
    """The newest entries that the person may see, of the organization in scope. `before` is an entry's id (paging)."""
    allowed = {action: may(action) for action in {line.action for line in _lines.values()}}
    names = [name for name, line in _lines.items() if allowed[line.action]]
    rows = OutboxEvent.objects.filter(name__in=names).order_by("-created_at", "-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = (_entry(row, slug) for row in rows[:limit])
    return [entry for entry in found if entry is not None]


def _entry(row: OutboxEvent, slug: str) -> Entry | None:
    line = _lines[row.name]
    try:
        item = events.from_payload(row.name, row.payload)
        url = line.url(item, slug) if line.url else ""
        return Entry(row.id, row.name, row.created_at, str(line.text(item)), url, line.icon, line.tone)
    except Exception:
        log.exception("activity.unreadable", event_row=row.id, event_name=row.name)
        return None
