"""What the page of an invitation shows, and which of them still wait for their mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Invitation, Membership, Organization, SingleSignOn, User
from apps.accounts.models.invitation import LIFETIME
from apps.core.tenancy import every_tenant, tenant


def invited_person(invitation: Invitation) -> bool:
    """Whether the invited address has an account already. The link proves that the reader owns the address."""
    return User.objects.filter(email__iexact=invitation.email).exists()


def sign_in_of(invitation: Invitation) -> SingleSignOn | None:
    """The inviting organization's own sign-in, when it has one."""
    with tenant(invitation.organization_id):
        return SingleSignOn.objects.filter(is_enabled=True).first()


def unsent_invitations(older_than: timedelta = timedelta(minutes=1)) -> list[tuple[int, int]]:
    """Open invitations that should have been mailed by now, as pairs of organization and invitation."""
    now = timezone.now()
    with every_tenant():
        waiting = Invitation.objects.filter(
            sent_at=None, accepted_at=None, revoked_at=None,
            expires_at__gt=now, expires_at__lt=now + LIFETIME - older_than,
        )
        return list(waiting.order_by("id").values_list("organization_id", "id")[:500])


def adoptable_organizations(user: Any) -> QuerySet[Organization]:
    """Organizations a person owns that no agency looks after yet."""
    with every_tenant():
        rows = Membership.objects.filter(user=user, role=Role.OWNER, is_active=True)
        ids = list(rows.values_list("organization_id", flat=True))
    return Organization.objects.filter(
        id__in=ids, agency=None, kind=OrganizationKind.BUSINESS, delete_after=None
    ).order_by("name")
