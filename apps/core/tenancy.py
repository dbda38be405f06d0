"""Whose data may be seen now: one ContextVar, set once at each entry, read by every query.

Nothing set means nothing may be read (`NoTenant`). PostgreSQL's row-level security reads the same value
(`apps.core.postgres`), so that a query which goes round the manager still sees no foreign row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class NoTenant(RuntimeError):
    """Tenant data was asked for outside any organization; enter `tenant(org_id)` first."""


class WrongTenant(RuntimeError):
    """A row of one organization was about to be written in the scope of another."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The organizations in reach. `everyone` is for staff, migrations and housekeeping only."""

    org_ids: frozenset[int]
    everyone: bool = False

    def allows(self, org_id: int) -> bool:
        """Whether rows of this organization may be read and written."""
        return self.everyone or org_id in self.org_ids

    def as_setting(self) -> str:
        """The form in which PostgreSQL's policies read it: `*`, or ids separated by commas."""
        return "*" if self.everyone else ",".join(str(org_id) for org_id in sorted(self.org_ids))


_scope: ContextVar[Scope | None] = ContextVar("mainstay_scope", default=None)


def current_scope() -> Scope | None:
    """The scope entered last, if any."""
    return _scope.get()


def current_org_id() -> int:
    """The one organization in scope; raises NoTenant if there is none or more than one."""
    scope = _scope.get()
    if scope is None or scope.everyone or len(scope.org_ids) != 1:
        raise NoTenant("exactly one organization must be in scope here")
    return next(iter(scope.org_ids))


@contextmanager
def _entered(scope: Scope | None) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def tenant(org_id: int) -> AbstractContextManager[None]:
    """Work for one organization."""
    return _entered(Scope(frozenset({int(org_id)})))


def tenants(org_ids: Iterable[int]) -> AbstractContextManager[None]:
    """Read over several organizations at once: an agency's overview of the clients a person may see."""
    return _entered(Scope(frozenset(int(org_id) for org_id in org_ids)))


def every_tenant() -> AbstractContextManager[None]:
    """Step over the wall: staff admin, housekeeping, migrations. Its users are on an allow-list held by a test."""
    return _entered(Scope(frozenset(), everyone=True))


def no_tenant() -> AbstractContextManager[None]:
    """Leave any scope, so that what runs inside is sure to enter its own."""
    return _entered(None)
