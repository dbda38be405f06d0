"""The one table of who may do what. Views, API, sockets, exports and navigation ask `access.can`, which reads this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

from apps.accounts.enums import Role


class Reach(StrEnum):
    """How far a role's right goes: every object, only the ones assigned to the person, or only their own."""

    ALL = "all"
    ASSIGNED = "assigned"
    OWN = "own"


@dataclass(frozen=True)
class Action:
    """Something a person may do. `permission` is the guardian permission that an assignment of one object gives."""

    key: str
    label: str | Promise
    reach: Mapping[Role, Reach]
    permission: str = ""


_actions: dict[str, Action] = {}

EVERYONE = tuple(Role)
ADMINS = (Role.OWNER, Role.ADMIN)


def allow(*roles: Role, assigned: Iterable[Role] = (), own: Iterable[Role] = ()) -> dict[Role, Reach]:
    """A row of the table: these roles fully, these for assigned objects, these for their own."""
    return (
        dict.fromkeys(roles, Reach.ALL)
        | dict.fromkeys(assigned, Reach.ASSIGNED)
        | dict.fromkeys(own, Reach.OWN)
    )


def register_actions(*actions: Action) -> None:
    """Add rows to the table. Each app declares its own in `access_rules.py`, imported by its AppConfig."""
    for action in actions:
        if action.key in _actions:
            raise ValueError(f"action {action.key} is declared twice")
        _actions[action.key] = action


def get_action(key: str) -> Action:
    """A row by key; a typing mistake is an error, not a refusal."""
    return _actions[key]


def table() -> dict[str, Action]:
    """The whole table, for the docs and the contract tests."""
    return dict(sorted(_actions.items()))
