"""The demo's door."""

from __future__ import annotations

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Membership
from apps.core.tenancy import every_tenant


def demo_door(kind: str = OrganizationKind.BUSINESS) -> Membership | None:
    """The ownership of the demo business, or of the demo agency, when there is one."""
    with every_tenant():
        return (
            Membership.objects.select_related("user", "organization")
            .filter(role=Role.OWNER, is_active=True)
            .filter(organization__is_demo=True, organization__kind=kind, organization__delete_after=None)
            .order_by("organization_id")
            .first()
        )
