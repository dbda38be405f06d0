"""Events of the ground floor."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("core.connection_added", aggregate="connection_id", label=_("An account was connected"))
@dataclass(frozen=True)
class ConnectionAdded:
    """An organization connected an account at a third party."""

    organization_id: int
    connection_id: int
    kind: str
    provider: str
    name: str


@event("core.connection_broke", aggregate="connection_id", label=_("A connection needs attention"))
@dataclass(frozen=True)
class ConnectionBroke:
    """A connection that worked (or was new) stopped working; somebody should look. Told once until it works again."""

    organization_id: int
    connection_id: int
    kind: str
    provider: str
    name: str
    reason: str


@event("core.connection_removed", aggregate="connection_id", label=_("An account was disconnected"))
@dataclass(frozen=True)
class ConnectionRemoved:
    """An organization disconnected an account."""

    organization_id: int
    connection_id: int
    kind: str
    provider: str
    name: str
