"""What a session may open. One that began with an organization's own sign-in opens that organization only.

Whoever runs an identity provider can sign in as anybody it names. So its word is good inside the organization that
trusts it (and the clients it manages), never in the person's other organizations or for their account's security.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from apps.accounts.enums import Role
from apps.accounts.models import Membership, Organization

SSO_KEY = "sso_organization"
_SEEN_KEY = "last_activity"
_LIMIT_KEY = "idle_minutes"
_NOTE_EVERY = 30  # seconds


def may_enter(session: Mapping[str, Any], organization: Organization) -> bool:
    """Whether a session may open an organization its person belongs to. Pages, API and sockets ask this."""
    only = session.get(SSO_KEY)
    return only is None or only in (organization.pk, organization.agency_id)


def is_contained(session: Mapping[str, Any]) -> bool:
    """Whether the session began with an organization's own sign-in."""
    return session.get(SSO_KEY) is not None


def needs_second_factor(request: HttpRequest, organization: Organization, membership: Membership) -> bool:
    """Whether the organization asks this person for a second factor they have not set up yet."""
    return not is_contained(request.session) and owes_second_factor(request.user, organization, membership)


def owes_second_factor(user: Any, organization: Organization, membership: Membership) -> bool:
    """The same for callers without a session of the web app."""
    if not organization.require_second_factor or membership.role not in (Role.OWNER, Role.ADMIN):
        return False
    return not has_second_factor(user)


def has_second_factor(user: Any) -> bool:
    """Whether an authenticator app or a security key is set up; recovery codes alone do not count."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=user, type__in=kinds).exists()


def note_activity(session: MutableMapping[str, Any]) -> bool:
    """Note that the session is in use, at most every half minute; False when it has been idle for too long."""
    now = time.time()
    seen, limit = session.get(_SEEN_KEY), session.get(_LIMIT_KEY)
    if seen and limit and now - seen > limit * 60:
        return False
    if not seen or now - seen > _NOTE_EVERY:
        session[_SEEN_KEY] = now
    return True


def apply_idle_limit(session: MutableMapping[str, Any], organization: Organization, seen: float | None) -> bool:
    """Hold the session to the strictest limit of the organizations it opens; False when this one is over already.

    `seen` is when the session was last used before this request.
    """
    limit = organization.idle_timeout_minutes
    if not limit:
        return True
    known = session.get(_LIMIT_KEY)
    if known is None or limit < known:
        session[_LIMIT_KEY] = limit
    return seen is None or time.time() - seen <= limit * 60


def last_activity(session: Mapping[str, Any]) -> float | None:
    """When the session was last used (epoch seconds)."""
    return session.get(_SEEN_KEY)
