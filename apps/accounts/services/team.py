"""Changing who belongs to an organization and as what. Each act holds the organization's row, so that two at once
cannot leave it without an owner."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts import assignables
from apps.accounts.actors import Actor, person_of
from apps.accounts.audit import audit
from apps.accounts.contracts import MemberChanged
from apps.accounts.enums import Role
from apps.accounts.models import ClientAssignment, Membership, Organization
from apps.core.outbox import publish
from apps.core.tenancy import current_org_id


def hold_organization() -> Organization:
    """Wait for the organization in scope; until the transaction ends nobody else changes its team."""
    return Organization.objects.select_for_update().get(pk=current_org_id())


def _held(membership: Membership) -> Membership:
    hold_organization()
    return Membership.objects.select_related("user").get(pk=membership.pk)


def check_may_give(acting: Membership, role: str) -> None:
    """Only an owner makes owners; where there is none yet (an agency's new client), an admin may."""
    if role != Role.OWNER or acting.role == Role.OWNER:
        return
    if Membership.objects.filter(role=Role.OWNER, is_active=True).exists():
        raise ValidationError(_("Only an owner can make somebody an owner."))


def _check_may_touch(acting: Membership, member: Membership) -> None:
    if member.role == Role.OWNER and acting.role != Role.OWNER:
        raise ValidationError(_("Only an owner can change an owner."))


def _check_not_last_owner(member: Membership) -> None:
    if member.role != Role.OWNER or not member.is_active:
        return
    if not Membership.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=member.pk).exists():
        raise ValidationError(_("The last owner has to stay. Make somebody else an owner first."))


def _publish(member: Membership) -> None:
    publish(MemberChanged(member.organization_id, member.user_id, member.role, member.is_active))


@transaction.atomic
def member_change_role(*, actor: Actor, acting: Membership, membership: Membership, role: str) -> Membership:
    """Give a member another role; raises ValidationError in words when that must not be."""
    member = _held(membership)
    if member.role == role:
        return member
    check_may_give(acting, role)
    _check_may_touch(acting, member)
    _check_not_last_owner(member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    audit(actor, "member.role_changed", member, before={"role": before}, after={"role": role})
    _publish(member)
    return member


@transaction.atomic
def member_change(
    *,
    actor: Actor,
    acting: Membership,
    membership: Membership,
    role: str,
    objects: Iterable[str],
    client_ids: Iterable[int],
) -> None:
    """Role and assignments together, or neither."""
    member_change_role(actor=actor, acting=acting, membership=membership, role=role)
    member_assign(actor=actor, acting=acting, membership=membership, objects=objects, client_ids=client_ids)


@transaction.atomic
def member_assign(
    *, actor: Actor, acting: Membership, membership: Membership, objects: Iterable[str], client_ids: Iterable[int]
) -> None:
    """Say exactly which sites (and so on) and which clients a member looks after."""
    member = _held(membership)
    _check_may_touch(acting, member)
    before = assignments_of(member)
    assignables.assign(member.user, objects)
    _set_clients(member, client_ids)
    after = assignments_of(member)
    if before != after:
        audit(actor, "member.assigned", member, before=before, after=after)
        _publish(member)


def assignments_of(member: Membership) -> dict[str, list[str]]:
    """What is assigned to a member now."""
    clients = ClientAssignment.objects.filter(membership=member).order_by("client__name")
    return {
        "objects": assignables.assigned([member.user])[member.user_id],
        "clients": list(clients.values_list("client__name", flat=True)),
    }


def _set_clients(member: Membership, client_ids: Iterable[int]) -> None:
    wanted = set(Organization.objects.filter(agency_id=member.organization_id, id__in=client_ids).values_list("id"))
    wanted_ids = {row[0] for row in wanted}
    have = ClientAssignment.objects.filter(membership=member)
    have.exclude(client_id__in=wanted_ids).delete()
    for client_id in wanted_ids - set(have.values_list("client_id", flat=True)):
        ClientAssignment.objects.create(membership=member, client_id=client_id)


@transaction.atomic
def member_deactivate(*, actor: Actor, acting: Membership, membership: Membership) -> None:
    """Close the organization to a member; their history stays, and they can be let in again."""
    member = _held(membership)
    if not member.is_active:
        return
    _check_may_touch(acting, member)
    _check_not_last_owner(member)
    member.is_active = False
    member.save(update_fields=["is_active"])
    person = person_of(actor)
    action = "member.left" if person and member.user_id == person.pk else "member.deactivated"
    audit(actor, action, member, before={"active": True}, after={"active": False})
    _publish(member)


@transaction.atomic
def member_reactivate(*, actor: Actor, acting: Membership, membership: Membership) -> None:
    """Let a member in again, as what they were."""
    member = _held(membership)
    if member.is_active:
        return
    _check_may_touch(acting, member)
    member.is_active = True
    member.save(update_fields=["is_active"])
    audit(actor, "member.reactivated", member, before={"active": False}, after={"active": True})
    _publish(member)


@transaction.atomic
def ownership_transfer(*, actor: Actor, acting: Membership, membership: Membership) -> None:
    """Make another active member the owner, and oneself an admin."""
    heir = _held(membership)
    own = Membership.objects.select_related("user").get(pk=acting.pk)
    if own.role != Role.OWNER or not own.is_active:
        raise ValidationError(_("Only an owner can hand over ownership."))
    if not heir.is_active or heir.pk == own.pk:
        raise ValidationError(_("Choose another active member."))
    heir.role, own.role = Role.OWNER, Role.ADMIN
    heir.save(update_fields=["role"])
    own.save(update_fields=["role"])
    audit(actor, "ownership.transferred", heir, before={"owner": own.user.email}, after={"owner": heir.user.email})
    _publish(heir)
    _publish(own)
