"""What people do to their own account."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone

from apps.accounts.audit import audit_person
from apps.accounts.models import Organization, User


@transaction.atomic
def person_update(*, user: User, name: str, language: str, theme: str) -> None:
    """Name, language and look."""
    user.name, user.language, user.theme = name, language, theme
    user.save(update_fields=["name", "language", "theme"])


def last_organization_set(*, user: User, organization: Organization) -> None:
    """Remember where the person was, so that they come back to it."""
    if user.last_organization_id != organization.id:
        User.objects.filter(pk=user.pk).update(last_organization=organization)
        user.last_organization_id = organization.id


@transaction.atomic
def session_end(*, user: User, session: UserSession) -> None:
    """Sign out one other device."""
    session.end()
    audit_person(user, "session.ended", session.user_agent[:80])


@transaction.atomic
def sessions_end_others(*, user: User, current: SessionBase) -> int:
    """Sign out everywhere but here; returns how many."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=current.session_key))
    for session in others:
        session.end()
    if others:
        audit_person(user, "session.ended_others", after={"count": len(others)})
    return len(others)


def session_seen(*, session_key: str) -> None:
    """Note that a device was used just now."""
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=timezone.now())
