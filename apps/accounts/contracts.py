"""Events of the accounts floor."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("accounts.organization_created", aggregate="organization_id", label=_("Organization created"))
@dataclass(frozen=True)
class OrganizationCreated:
    organization_id: int
    actor_id: int | None = None


@event("accounts.time_zone_changed", aggregate="organization_id", label=_("Time zone changed"))
@dataclass(frozen=True)
class TimeZoneChanged:
    """Days and hours begin elsewhere now: whoever stores buckets must count them again."""

    organization_id: int
    before: str
    after: str


@event("accounts.currency_changed", aggregate="organization_id", label=_("Currency changed"))
@dataclass(frozen=True)
class CurrencyChanged:
    organization_id: int
    before: str
    after: str


@event("accounts.invitation_sent", aggregate="invitation_id", label=_("Person invited"))
@dataclass(frozen=True)
class InvitationSent:
    """An invitation is to be mailed; also published when it is sent again."""

    organization_id: int
    invitation_id: int


@event("accounts.member_joined", aggregate="user_id", label=_("Person joined"))
@dataclass(frozen=True)
class MemberJoined:
    organization_id: int
    user_id: int
    role: str


@event("accounts.member_changed", aggregate="user_id", label=_("Person's role or access changed"))
@dataclass(frozen=True)
class MemberChanged:
    """Role, assignments or whether the member is active changed: open sockets and caches ask anew."""

    organization_id: int
    user_id: int
    role: str
    is_active: bool


@event("accounts.client_adopted", aggregate="client_id", label=_("Client added"))
@dataclass(frozen=True)
class ClientAdopted:
    """Belongs to the agency."""

    organization_id: int
    client_id: int


@event("accounts.client_released", aggregate="client_id", label=_("Client let go"))
@dataclass(frozen=True)
class ClientReleased:
    organization_id: int
    client_id: int


@event("accounts.api_key_created", aggregate="key_id", label=_("API key made"))
@dataclass(frozen=True)
class ApiKeyCreated:
    organization_id: int
    key_id: int


@event("accounts.api_key_revoked", aggregate="key_id", label=_("API key revoked"))
@dataclass(frozen=True)
class ApiKeyRevoked:
    """Whoever caches keys forgets this one."""

    organization_id: int
    key_id: int
