"""What a person has been told. Every question names the person first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.access import organizations_of
from apps.core.tenancy import every_tenant
from apps.notifications.enums import Channel
from apps.notifications.kinds import Kind, all_kinds, get_kind
from apps.notifications.models import Delivery, Notification, Preference

PAGE = 30


@dataclass(frozen=True)
class Line:
    """One notification as a page shows it."""

    row: Notification
    icon: str
    tone: str

    @property
    def unread(self) -> bool:
        """Whether the person has not seen it yet."""
        return self.row.read_at is None


@dataclass(frozen=True)
class Page:
    """A page of notifications; `before` leads to the next one, None at the end."""

    lines: list[Line]
    before: int | None


@dataclass(frozen=True)
class Wish:
    """One switch of the preferences page."""

    channel: str
    label: Any
    enabled: bool
    fixed: bool


@dataclass(frozen=True)
class KindWishes:
    """One row of the preferences page."""

    kind: Kind
    wishes: list[Wish]


def mine(user: Any, organization_id: int | None = None) -> QuerySet[Notification]:
    """A person's notifications: those of one organization and their personal ones. Needs that scope, or none."""
    own = Q(organization_id=None)
    if organization_id is not None:
        own |= Q(organization_id=organization_id)
    return Notification.objects.filter(own, user=user)


def notifications_page(user: Any, organization_id: int, *, before: int | None = None) -> Page:
    """The newest first."""
    rows = mine(user, organization_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: PAGE + 1])
    lines = [Line(row, *_look(row.kind)) for row in found[:PAGE]]
    return Page(lines, found[PAGE - 1].id if len(found) > PAGE else None)


def unread_count(user_id: int) -> int:
    """How many a person has not seen, over all organizations they can enter; the bell shows it on every page."""
    with every_tenant():
        user = _user(user_id)
        ids = organizations_of(user).values("id")
        return Notification.objects.filter(
            Q(organization_id=None) | Q(organization_id__in=ids), user_id=user_id, read_at=None
        ).count()


def channels_for(user_id: int, kind: Kind) -> frozenset[Channel]:
    """By which ways this person is told of this kind."""
    chosen = dict(Preference.objects.filter(user_id=user_id, kind=kind.key).values_list("channel", "enabled"))
    wanted = {channel for channel in Channel if chosen.get(channel.value, channel in kind.defaults)}
    return frozenset(wanted | kind.always)


def preferences_of(user: Any, kinds: Iterable[Kind] | None = None) -> list[KindWishes]:
    """Every kind with its switches as they stand."""
    chosen = {
        (kind, channel): enabled
        for kind, channel, enabled in Preference.objects.filter(user=user).values_list("kind", "channel", "enabled")
    }
    found = []
    for kind in kinds or all_kinds():
        wishes = []
        for channel in Channel:
            fixed = channel in kind.always
            enabled = fixed or chosen.get((kind.key, channel.value), channel in kind.defaults)
            wishes.append(Wish(channel.value, channel.label, enabled, fixed))
        found.append(KindWishes(kind, wishes))
    return found


def kept_mails(limit: int = 100) -> list[Delivery]:
    """Mails that stay readable on this installation (demo and development), newest first."""
    with every_tenant():
        rows = Delivery.objects.exclude(content={}).order_by("-id")[:limit]
        return [row for row in rows if row.content]


def kept_mail(delivery_id: int) -> Delivery | None:
    """One of them."""
    with every_tenant():
        row = Delivery.objects.filter(pk=delivery_id).first()
    return row if row is not None and row.content else None


def _look(kind: str) -> tuple[str, str]:
    try:
        found = get_kind(kind)
    except KeyError:
        return "bell", "neutral"
    return found.icon, found.tone


def _user(user_id: int) -> Any:
    from apps.accounts.models import User  # noqa: PLC0415 -- needs the app registry

    return User.objects.get(pk=user_id)
