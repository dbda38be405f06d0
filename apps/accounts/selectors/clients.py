"""An agency's clients as one person may see them, with figures that other apps add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from apps.accounts.enums import Role
from apps.accounts.models import ClientAssignment, Membership, Organization
from apps.core.tenancy import every_tenant, tenants


@dataclass(frozen=True)
class Cell:
    """A figure of one client: text, and optionally a change and a tone."""

    text: str
    sub: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ClientColumn:
    """A figure for every client at once. `cells(ids)` runs with these organizations in scope and may leave some out."""

    key: str
    label: str | Promise
    cells: Callable[[Sequence[int]], Mapping[int, Cell]]
    order: int = 100


@dataclass
class ClientRow:
    """One line of the clients page; `cells` are in the order of the columns."""

    organization: Organization
    people: list[str] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)


_columns: dict[str, ClientColumn] = {}


def register_client_column(column: ClientColumn) -> None:
    """Add a figure to the clients page; refuses a second one of the same key."""
    if column.key in _columns:
        raise ValueError(f"client column {column.key} is declared twice")
    _columns[column.key] = column


def client_columns() -> list[ClientColumn]:
    """Every figure, in order."""
    return sorted(_columns.values(), key=lambda column: column.order)


def clients_of(membership: Membership) -> QuerySet[Organization]:
    """The clients of an agency that this member looks after: all for owners and admins."""
    clients = Organization.objects.filter(agency_id=membership.organization_id, delete_after=None)
    if membership.role in (Role.OWNER, Role.ADMIN):
        return clients
    with every_tenant():
        ids = list(ClientAssignment.objects.filter(membership_id=membership.pk).values_list("client_id", flat=True))
    return clients.filter(id__in=ids)


def client_rows(organizations: Sequence[Organization]) -> list[ClientRow]:
    """Clients with their people and figures; as many queries for thirty as for one."""
    ids = [organization.pk for organization in organizations]
    people: dict[int, list[str]] = {pk: [] for pk in ids}
    rows = ClientAssignment.objects.filter(client_id__in=ids, membership__is_active=True)
    for client_id, name, email in rows.order_by("membership__user__name").values_list(
        "client_id", "membership__user__name", "membership__user__email"
    ):
        people[client_id].append(name or email)
    with tenants(ids):
        figures: list[Mapping[int, Any]] = [column.cells(ids) for column in client_columns()] if ids else []
    return [
        ClientRow(
            organization,
            people[organization.pk],
            [found.get(organization.pk, Cell("–")) for found in figures],
        )
        for organization in organizations
    ]
