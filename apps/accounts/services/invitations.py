"""Inviting people, and an agency inviting businesses."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts import assignables
from apps.accounts.actors import Actor, person_of
from apps.accounts.audit import audit
from apps.accounts.contracts import InvitationSent, MemberJoined
from apps.accounts.enums import InvitationKind, InvitationState
from apps.accounts.models import ClientAssignment, Invitation, Membership, Organization, User
from apps.accounts.services.team import check_may_give, hold_organization
from apps.core.outbox import publish
from apps.core.tenancy import tenant

NOT_OPEN = {
    InvitationState.ACCEPTED: _("This invitation has been used already. If that was you, simply sign in."),
    InvitationState.REVOKED: _("This invitation was withdrawn. Ask for a new one if you think it is a mistake."),
    InvitationState.EXPIRED: _("This invitation was open for 7 days and has expired. Ask for a new one."),
}


@transaction.atomic
def invitation_send(
    *,
    actor: Actor,
    acting: Membership,
    email: str,
    role: str,
    objects: Iterable[str] = (),
    client_ids: Iterable[int] = (),
    kind: str = InvitationKind.MEMBER,
) -> Invitation:
    """Invite an address. One that is waiting already is replaced and its old link ends."""
    organization = hold_organization()
    email = email.strip().lower()
    if kind == InvitationKind.MEMBER:
        check_may_give(acting, role)
        if Membership.objects.filter(user__email__iexact=email, is_active=True).exists():
            raise ValidationError({"email": _("This person belongs to the team already.")})
    invitation = Invitation.objects.filter(
        email__iexact=email, kind=kind, accepted_at=None, revoked_at=None
    ).first() or Invitation(organization=organization, email=email, kind=kind)
    invitation.role = role
    invitation.grants = sorted(objects)
    invitation.client_ids = sorted(client_ids)
    invitation.invited_by = person = person_of(actor)
    invitation.language = person.language if person else ""
    _mail(invitation)
    audit(actor, "invitation.sent", invitation.email, after={"role": role, "objects": invitation.grants})
    return invitation


def _mail(invitation: Invitation) -> None:
    invitation.renew()
    invitation.save()
    publish(InvitationSent(invitation.organization_id, invitation.id))


@transaction.atomic
def invitation_resend(*, actor: Actor, invitation: Invitation) -> None:
    """Send it again with a new link and seven new days."""
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if row.state not in (InvitationState.OPEN, InvitationState.EXPIRED):
        raise ValidationError(NOT_OPEN[row.state])
    _mail(row)
    audit(actor, "invitation.resent", row.email)


@transaction.atomic
def invitation_revoke(*, actor: Actor, invitation: Invitation) -> None:
    """End it: its link says so."""
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if row.state == InvitationState.ACCEPTED:
        raise ValidationError(NOT_OPEN[row.state])
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        audit(actor, "invitation.revoked", row.email)


def claim(invitation: Invitation, kind: str) -> Invitation:
    """Hold the invitation for use; raises ValidationError in words when it is used, withdrawn or too old.

    Runs inside the caller's transaction and in the scope of the inviting organization.
    """
    hold_organization()
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if row.state != InvitationState.OPEN or row.kind != kind:
        raise ValidationError(NOT_OPEN.get(row.state, NOT_OPEN[InvitationState.REVOKED]))
    return row


def settle(invitation: Invitation, user: User) -> None:
    """Mark a claimed invitation as used."""
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: User) -> Membership:
    """Join the organization. Somebody who is active in it already keeps the role they have."""
    with tenant(invitation.organization_id):
        row = claim(invitation, InvitationKind.MEMBER)
        member = Membership.objects.filter(user=user).first() or Membership(user=user, is_active=False)
        if not member.is_active:
            member.role, member.is_active = row.role, True
            member.save()
        assignables.assign(user, {*assignables.assigned([user])[user.pk], *row.grants})
        _add_clients(member, row.client_ids)
        settle(row, user)
        audit(user, "member.joined", member, after={"role": member.role})
        publish(MemberJoined(row.organization_id, user.pk, member.role))
    User.objects.filter(pk=user.pk).update(last_organization_id=row.organization_id)
    return member


def _add_clients(member: Membership, client_ids: Iterable[int]) -> None:
    for client in Organization.objects.filter(agency_id=member.organization_id, id__in=list(client_ids)):
        ClientAssignment.objects.get_or_create(membership=member, client=client)


