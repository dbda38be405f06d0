"""An agency's clients: made, taken over with their owner's consent, and let go."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.accounts.audit import audit
from apps.accounts.contracts import ClientAdopted, ClientReleased
from apps.accounts.enums import InvitationKind, OrganizationKind, Role
from apps.accounts.models import ClientAssignment, Invitation, Membership, Organization, User
from apps.accounts.services.invitations import claim, invitation_send, settle
from apps.accounts.services.organizations import organization_add
from apps.core.outbox import publish
from apps.core.tenancy import tenant


def _check_agency(organization: Organization) -> None:
    if organization.kind != OrganizationKind.AGENCY:
        raise ValidationError(_("Only an agency can have clients."))


@transaction.atomic
def client_create(
    *, actor: Actor, acting: Membership, agency: Organization, owner_email: str = "", **facts: Any
) -> Organization:
    """A new organization under the agency; its own person, if named, is invited as owner."""
    _check_agency(agency)
    client = organization_add(actor=actor, agency=agency, **facts)
    if acting.role not in (Role.OWNER, Role.ADMIN):
        ClientAssignment.objects.get_or_create(membership=acting, client=client)
    _adopted(actor, agency, client)
    if owner_email:
        with tenant(client.id):
            invitation_send(actor=actor, acting=acting, email=owner_email, role=Role.OWNER)
    return client


@transaction.atomic
def client_invite(*, actor: Actor, acting: Membership, agency: Organization, email: str) -> Invitation:
    """Ask the owner of an existing organization to have it looked after by this agency."""
    _check_agency(agency)
    return invitation_send(actor=actor, acting=acting, email=email, role=Role.OWNER, kind=InvitationKind.CLIENT)


@transaction.atomic
def client_adopt(*, invitation: Invitation, user: User, organization: Organization) -> None:
    """The owner's yes: from now on the agency's people see this organization."""
    with tenant(organization.id):
        row = Organization.objects.select_for_update().get(pk=organization.pk)
        owner = Membership.objects.filter(user=user, role=Role.OWNER, is_active=True).exists()
        if not owner:
            raise ValidationError(_("Only an owner can give an organization to an agency."))
        if row.agency_id or row.kind == OrganizationKind.AGENCY or row.pk == invitation.organization_id:
            raise ValidationError(_("This organization belongs to an agency already, or is one itself."))
    with tenant(invitation.organization_id):
        used = claim(invitation, InvitationKind.CLIENT)
        row.agency_id = used.organization_id
        row.save(update_fields=["agency"])
        settle(used, user)
        _adopted(user, used.organization, row)
    with tenant(row.id):
        audit(user, "organization.agency_changed", row, after={"agency": used.organization.name})


def _adopted(actor: Actor, agency: Organization, client: Organization) -> None:
    with tenant(agency.id):
        audit(actor, "client.added", client)
        publish(ClientAdopted(agency.id, client.id))


@transaction.atomic
def client_release(*, actor: Actor, client: Organization) -> None:
    """Let a client go, or leave the agency: its people lose sight of the organization at once."""
    row = Organization.objects.select_for_update(of=("self",)).select_related("agency").get(pk=client.pk)
    if row.agency is None:
        return
    with tenant(row.id):
        if not Membership.objects.filter(role=Role.OWNER, is_active=True).exists():
            raise ValidationError(_("Nobody owns this organization yet. Invite its owner first, then let it go."))
        audit(actor, "organization.agency_changed", row, before={"agency": row.agency.name})
    with tenant(row.agency.id):
        ClientAssignment.objects.filter(client=row).delete()
        audit(actor, "client.removed", row)
        publish(ClientReleased(row.agency.id, row.id))
    row.agency = None
    row.save(update_fields=["agency"])
