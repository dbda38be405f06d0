"""What an API key may be good for. Each scope opens a family of actions; the key's role still has to allow each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Scope:
    """A tick box on the key page: `opens(action)` says whether an action of the access table belongs to it."""

    key: str
    label: str | Promise
    help: str | Promise
    opens: Callable[[str], bool]


_scopes: dict[str, Scope] = {}
_SENSITIVE = ("team.", "ownership.", "key.", "organization.delete", "security.", "audit.")


def register_scope(scope: Scope) -> None:
    """Add a scope; refuses a second one of the same key."""
    if scope.key in _scopes:
        raise ValueError(f"scope {scope.key} is declared twice")
    _scopes[scope.key] = scope


def all_scopes() -> list[Scope]:
    """Every scope, in the order they were declared."""
    return list(_scopes.values())


def scope_allows(scope: str, action: str) -> bool:
    """Whether a scope includes an action. A scope that no longer exists includes nothing."""
    found = _scopes.get(scope)
    return found.opens(action) if found else False


def _is_read(action: str) -> bool:
    return action.endswith(".view") and not action.startswith(_SENSITIVE)


def _is_write(action: str) -> bool:
    return not action.startswith(_SENSITIVE)


register_scope(Scope("track", _("Send events"), _("Report visits and sales from your own server."), lambda _a: False))
register_scope(Scope("read", _("Read"), _("See figures, sites and settings."), _is_read))
register_scope(Scope("write", _("Read and change"), _("Also create and change sites and settings."), _is_write))
register_scope(
    Scope("admin", _("Manage people and keys"), _("Also the team, API keys and the audit log."), lambda _a: True)
)
