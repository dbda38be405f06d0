"""What the page of an invitation shows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Invitation, Membership, Organization, SingleSignOn, User
from apps.core.tenancy import every_tenant, tenant


def invited_person(invitation: Invitation) -> bool:
    """Whether the invited address has an account already. The link proves that the reader owns the address."""
    return User.objects.filter(email__iexact=invitation.email).exists()


def sign_in_of(invitation: Invitation) -> SingleSignOn | None:
    """The inviting organization's own sign-in, when it has one."""
    with tenant(invitation.organization_id):
        return SingleSignOn.objects.filter(is_enabled=True).first()


def adoptable_organizations(user: Any) -> QuerySet[Organization]:
    """Organizations a person owns that no agency looks after yet."""
    with every_tenant():
        rows = Membership.objects.filter(user=user, role=Role.OWNER, is_active=True)
        ids = list(rows.values_list("organization_id", flat=True))
    return Organization.objects.filter(
        id__in=ids, agency=None, kind=OrganizationKind.BUSINESS, delete_after=None
    ).order_by("name")
