"""The kinds of things people are told of. A feature registers its own; preferences and defaults come from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.notifications.enums import Channel

Words = str | Promise
BOTH = frozenset({Channel.IN_APP, Channel.EMAIL})
IN_APP_ONLY = frozenset({Channel.IN_APP})


@dataclass(frozen=True)
class Kind:
    """A kind of notification. `defaults` are the ways used until a person says otherwise; `always` cannot be off."""

    key: str
    label: Words
    help: Words
    group: Words
    icon: str = "bell"
    tone: str = "neutral"
    defaults: frozenset[Channel] = BOTH
    always: frozenset[Channel] = frozenset()


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> Kind:
    """Add a kind; refuses a second one with the same key."""
    if kind.key in _kinds:
        raise ValueError(f"notification kind {kind.key} is registered twice")
    _kinds[kind.key] = kind
    return kind


def get_kind(key: str) -> Kind:
    """A kind by key; raises KeyError."""
    return _kinds[key]


def all_kinds() -> Iterator[Kind]:
    """Every kind by key, those of a group together where its first one stands."""
    ordered = sorted(_kinds.values(), key=lambda kind: kind.key)
    first: dict[str, int] = {}
    for place, kind in enumerate(ordered):
        first.setdefault(str(kind.group), place)
    return iter(sorted(ordered, key=lambda kind: first[str(kind.group)]))


SECURITY = _("Security")
TEAM = _("Team")
CONNECTIONS = _("Connections")

NEW_SIGN_IN = register_kind(
    Kind(
        "security.new_sign_in", _("Sign-in from a new device"),
        _("When somebody signs in to your account with a browser you have not used before."),
        SECURITY, icon="shield-alert", tone="attention", always=frozenset({Channel.EMAIL}),
    )
)
KEY_CREATED = register_kind(
    Kind(
        "security.api_key_created", _("New API key"),
        _("When an API key is made for an organization you look after."), SECURITY, icon="key-round",
    )
)
MEMBER_JOINED = register_kind(
    Kind(
        "team.member_joined", _("Somebody joined"), _("When a person accepts an invitation to your organization."),
        TEAM, icon="user-plus", tone="good", defaults=IN_APP_ONLY,
    )
)
INVITED = register_kind(
    Kind(
        "team.invited", _("You are invited"), _("When an organization invites you to join it."),
        TEAM, icon="mail-plus", defaults=IN_APP_ONLY, always=IN_APP_ONLY,
    )
)
CONNECTION_BROKE = register_kind(
    Kind(
        "connections.needs_attention", _("A connection needs attention"),
        _("When an account you connected stops working and somebody has to act."),
        CONNECTIONS, icon="plug-zap", tone="attention",
    )
)
