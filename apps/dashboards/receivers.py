"""Every event of the catalogue moves the feed of open home pages."""

from __future__ import annotations

from typing import Any

from apps.core import events
from apps.metrics import home, live


def feed_moved(item: Any) -> None:
    """The organization's feed has something new."""
    live.mark_dirty([item.organization_id], live.ACTIVITY)


def listen() -> None:
    """Hear of every event that the feed tells. Called when all features have declared theirs."""
    for name, kind in events.catalogue().items():
        if name in home.activities():
            events.subscribe(kind)(feed_moved)
