"""Who listens to a group of the ticker, and what it was told last."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from apps.metrics.follow import Follow


class Listener(Protocol):
    """A socket that follows groups."""

    def put(self, message: dict[str, Any]) -> None:
        """A group's fresh message."""

    async def lost(self) -> None:
        """Redis is gone: the page must come back later, and say so meanwhile."""


@dataclass
class Group:
    """What the ticker knows of a group: who listens here, and the last message that all of them got."""

    follow: Follow
    listeners: set[Listener] = field(default_factory=set)
    mark: str = ""
    due: float | None = None
    looked_at: float = 0.0
    sent_at: float = 0.0
    message: dict[str, Any] | None = None
    taking: asyncio.Task[dict[str, Any]] | None = None
