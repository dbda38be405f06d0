"""`can(user, action, obj)`: the one question, asked by views, API, sockets, exports, reports and navigation.

A person acts in the organization in scope through their own membership, or through a membership in the agency that
manages it: agency owners and admins in all its clients, others in the clients assigned to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404

from apps.accounts.enums import Role
from apps.accounts.models import ClientAssignment, Membership, Organization
from apps.accounts.roles import ADMINS, Reach, get_action
from apps.core.tenancy import current_org_id, every_tenant

_THROUGH_AGENCY = {Role.OWNER: Role.ADMIN, Role.ADMIN: Role.ADMIN, Role.MANAGER: Role.MANAGER, Role.VIEWER: Role.VIEWER}


def membership_in(user: Any, organization: Organization) -> Membership | None:
    """The membership a person acts through in an organization; None for a stranger.

    One that comes through the agency is an unsaved copy whose role is what the agency role gives in a client.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    wanted = [organization.id] + ([organization.agency_id] if organization.agency_id else [])
    with every_tenant():
        found = {
            row.organization_id: row
            for row in Membership.objects.filter(user=user, organization_id__in=wanted, is_active=True)
        }
        if own := found.get(organization.id):
            return own
        return _through_agency(found.get(organization.agency_id), organization)


def _through_agency(membership: Membership | None, client: Organization) -> Membership | None:
    if membership is None or membership.role not in _THROUGH_AGENCY:
        return None
    if membership.role not in ADMINS:
        assigned = ClientAssignment.objects.filter(membership=membership, client=client)
        if not assigned.exists():
            return None
    return Membership(
        organization=client, user_id=membership.user_id, role=_THROUGH_AGENCY[Role(membership.role)], is_active=True
    )


def organizations_of(user: Any) -> models.QuerySet[Organization]:
    """Every organization a person can enter, own ones and an agency's clients, by name."""
    with every_tenant():
        rows = list(Membership.objects.filter(user=user, is_active=True))
        everywhere = [row.organization_id for row in rows if row.role in ADMINS]
        some = [row.id for row in rows if row.role in _THROUGH_AGENCY and row.role not in ADMINS]
        assigned = list(ClientAssignment.objects.filter(membership_id__in=some).values_list("client_id", flat=True))
    own = [row.organization_id for row in rows]
    return Organization.objects.filter(delete_after=None).filter(
        models.Q(id__in=own) | models.Q(agency_id__in=everywhere) | models.Q(id__in=assigned)
    ).order_by("name")


def roles_in(user: Any, clients: Iterable[Organization]) -> dict[int, Role]:
    """The role a person acts in, in each of an agency's clients, as `membership_in` would find it; two queries."""
    found = list(clients)
    wanted = {client.id for client in found} | {client.agency_id for client in found if client.agency_id}
    with every_tenant():
        rows = {row.organization_id: row for row in Membership.objects.filter(
            user=user, organization_id__in=wanted, is_active=True)}
        given = set(ClientAssignment.objects.filter(membership__in=[row.pk for row in rows.values()]).values_list(
            "membership_id", "client_id"))
    roles: dict[int, Role] = {}
    for client in found:
        own, agency = rows.get(client.id), rows.get(client.agency_id or 0)
        if own is not None:
            roles[client.id] = Role(own.role)
        elif agency is not None and agency.role in _THROUGH_AGENCY and (
            agency.role in ADMINS or (agency.pk, client.id) in given
        ):
            roles[client.id] = _THROUGH_AGENCY[Role(agency.role)]
    return roles


def can(user: Any, action: str, obj: Any = None, *, membership: Membership | None = None) -> bool:
    """Whether the person may do this, to this object if one is given, in the organization in scope.

    Without an object, a right over assigned objects counts: the list it opens is then narrowed by `visible`.
    """
    rule = get_action(action)
    if membership is None:
        membership = membership_in(user, Organization.objects.get(pk=current_org_id()))
    if membership is None or not membership.is_active:
        return False
    if obj is not None and getattr(obj, "organization_id", membership.organization_id) != membership.organization_id:
        return False
    reach = rule.reach.get(Role(membership.role))
    if reach is None:
        return False
    if reach is Reach.ALL or obj is None:
        return True
    if reach is Reach.OWN:
        return getattr(obj, "user_id", None) == membership.user_id
    return bool(rule.permission) and user.has_perm(rule.permission, obj)


def require(user: Any, action: str, obj: Any = None, *, membership: Membership | None = None) -> None:
    """Raise PermissionDenied for a member without the right, Http404 for a stranger or a foreign object."""
    if can(user, action, obj, membership=membership):
        return
    if membership is None:
        membership = membership_in(user, Organization.objects.get(pk=current_org_id()))
    if membership is None or getattr(obj, "organization_id", membership.organization_id) != membership.organization_id:
        raise Http404
    raise PermissionDenied(get_action(action).label)


def visible(
    user: Any, action: str, queryset: models.QuerySet[Any], *, membership: Membership | None = None
) -> models.QuerySet[Any]:
    """The objects of a queryset that the person may do this to."""
    rule = get_action(action)
    if membership is None:
        membership = membership_in(user, Organization.objects.get(pk=current_org_id()))
    reach = rule.reach.get(Role(membership.role)) if membership and membership.is_active else None
    if reach is Reach.ALL:
        return queryset
    if reach is Reach.ASSIGNED and rule.permission:
        from guardian.shortcuts import get_objects_for_user  # noqa: PLC0415 -- needs the app registry

        return get_objects_for_user(user, rule.permission, queryset, accept_global_perms=False)
    if reach is Reach.OWN:
        return queryset.filter(user=user)
    return queryset.none()
