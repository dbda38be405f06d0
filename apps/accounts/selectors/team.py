"""Who belongs to the organization in scope."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator

from apps.accounts import assignables
from apps.accounts.enums import Role
from apps.accounts.models import ClientAssignment, Invitation, Membership

_ORDER = {role: position for position, role in enumerate(Role.values)}


@dataclass
class Seat:
    """One line of the team page."""

    member: Membership
    has_second_factor: bool = False
    assigned: list[str] = field(default_factory=list)


def seats() -> list[Seat]:
    """Everybody, active ones first, owners first; a fixed number of queries however many they are."""
    members = list(Membership.objects.select_related("user"))
    users = [member.user for member in members]
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    secured = set(Authenticator.objects.filter(user__in=users, type__in=kinds).values_list("user_id", flat=True))
    names = _assigned_names(members)
    found = [Seat(member, member.user_id in secured, names[member.user_id]) for member in members]
    return sorted(found, key=lambda s: (not s.member.is_active, _ORDER[s.member.role], str(s.member.user).lower()))


def _assigned_names(members: list[Membership]) -> dict[int, list[str]]:
    labels = {key: label for _group, pairs in assignables.choices() for key, label in pairs}
    keys = assignables.assigned([member.user for member in members])
    found: dict[int, list[str]] = defaultdict(list)
    for user_id, mine in keys.items():
        found[user_id] = [labels[key] for key in mine]
    rows = ClientAssignment.objects.order_by("client__name").values_list("membership__user_id", "client__name")
    for user_id, name in rows:
        found[user_id].append(name)
    return found


def waiting_invitations(kind: str) -> list[Invitation]:
    """Invitations that were neither used nor withdrawn, newest first."""
    rows = Invitation.objects.select_related("invited_by").filter(kind=kind, accepted_at=None, revoked_at=None)
    return list(rows.order_by("-created_at"))
