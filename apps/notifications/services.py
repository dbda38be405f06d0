"""Telling people: in Mainstay, by mail, as each has chosen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from apps.accounts.access import can, membership_in
from apps.accounts.models import Membership, Organization, User
from apps.core.tenancy import current_org_id, every_tenant
from apps.notifications.contracts import Message
from apps.notifications.delivery import queue
from apps.notifications.enums import Channel
from apps.notifications.kinds import Kind, get_kind
from apps.notifications.models import Notification, Preference, SeenDevice
from apps.notifications.push import push_unread
from apps.notifications.render import render_mail
from apps.notifications.selectors import channels_for, mine


def notify(
    users: Iterable[User],
    kind: Kind,
    title: Any,
    *,
    body: Any = "",
    url: str = "",
    button: Any = "",
    organization: Organization | None = None,
    key: str = "",
) -> int:
    """Tell people something; returns how many had not been told of it yet.

    `title`, `body` and `button` may be lazy translations: each person reads them in their language. `url` is a path.
    With a `key` a person is told once of the same kind and key, however often this is called.
    """
    told = 0
    for user in users:
        with transaction.atomic(), translation.override(user.language or settings.LANGUAGE_CODE):
            told += _tell(user, kind, str(title), str(body), url, str(button), organization, key)
    return told


def notify_members(kind: Kind, title: Any, *, action: str, but: int | None = None, **options: Any) -> int:
    """Tell everybody in the organization in scope who may do `action`, except one person (who did it themselves)."""
    organization = Organization.objects.get(pk=current_org_id())
    members = Membership.objects.filter(is_active=True).exclude(user_id=but).select_related("user").order_by("id")
    users = [
        member.user for member in members
        if member.user.is_active and can(member.user, action, membership=member)
    ]
    return notify(users, kind, title, organization=organization, **options)


def notifications_read(user: User, organization_id: int, ids: Iterable[int] | None = None) -> int:
    """Mark some, or all of those shown in this organization, as seen; returns how many were not."""
    rows = mine(user, organization_id).filter(read_at=None)
    if ids is not None:
        rows = rows.filter(id__in=list(ids))
    count = rows.update(read_at=timezone.now())
    if count:
        push_unread(user.pk)
    return count


def notifications_clean(keep: timedelta) -> int:
    """Forget notifications that are older than `keep`, seen or not; returns how many."""
    with every_tenant():
        return Notification.objects.filter(created_at__lt=timezone.now() - keep).delete()[0]


def preference_set(user: User, kind_key: str, channel: Channel, *, enabled: bool) -> None:
    """Write down a person's wish. A way that is always used stays as it is; raises KeyError for an unknown kind."""
    if channel in get_kind(kind_key).always:
        return
    Preference.objects.update_or_create(
        user=user, kind=kind_key, channel=channel.value, defaults={"enabled": enabled}
    )


def device_seen(user: User, device: str) -> bool:
    """Remember what a person signed in with; True when it is new and not the person's very first."""
    known = SeenDevice.objects.filter(user=user).exists()
    row, fresh = SeenDevice.objects.get_or_create(user=user, device=device[:120])
    if not fresh:
        SeenDevice.objects.filter(pk=row.pk).update(last_seen_at=timezone.now())
    return fresh and known


def member_of(user: User, organization: Organization) -> bool:
    """Whether the person can still enter the organization."""
    return membership_in(user, organization) is not None


def _tell(
    user: User, kind: Kind, title: str, body: str, url: str, button: str, organization: Organization | None, key: str
) -> int:
    channels = channels_for(user.pk, kind)
    if not channels:
        return 0
    told = 0
    organization_id = organization.pk if organization else None
    if Channel.IN_APP in channels:
        values = {"organization_id": organization_id, "title": title[:200], "body": body, "url": url}
        if key:
            _row, fresh = Notification.objects.get_or_create(user=user, kind=kind.key, key=key, defaults=values)
        else:
            Notification.objects.create(user=user, kind=kind.key, **values)
            fresh = True
        told = int(fresh)
        if fresh:
            push_unread(user.pk)
    if Channel.EMAIL in channels and user.email:
        told = max(told, _mail(user, kind, title, body, url, button, organization_id, key))
    return told


def _mail(
    user: User, kind: Kind, title: str, body: str, url: str, button: str, organization_id: int | None, key: str
) -> int:
    text, html = render_mail("notification", {
        "title": title, "body": body, "url": url, "button": button, "kind": kind, "person": user,
        "has_choice": Channel.EMAIL not in kind.always,
    })
    delivery_key = f"{kind.key}:{user.pk}:{key}"[:120] if key else ""
    delivery = queue(
        Message(to=(user.email,), subject=title, text=text, html=html),
        organization_id=organization_id, kind=kind.key, key=delivery_key,
    )
    return int(delivery.attempts == 0 and delivery.sent_at is None)
