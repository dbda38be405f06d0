"""What can be connected and what is, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.connections.services import is_synced, status_in_words
from apps.core.models import Connection
from apps.core.oauth import OAuthProvider
from apps.core.providers import Provider, find_vendor, kinds


@dataclass(frozen=True)
class Card:
    """One connection."""

    row: Connection
    vendor: str
    icon: str
    tone: str
    status: str
    advice: str
    synced: bool
    by_sign_in: bool


@dataclass(frozen=True)
class Offer:
    """One vendor that can be connected."""

    kind: str
    key: str
    label: Any
    icon: str
    help: Any
    by_sign_in: bool
    ready: bool


@dataclass(frozen=True)
class Shelf:
    """One kind and its vendors."""

    label: Any
    offers: list[Offer]


def shelves() -> list[Shelf]:
    """Every kind with its vendors; stand-ins for the demo only where the demo or development runs."""
    found = []
    for registry in kinds.values():
        if registry.elsewhere:
            continue
        offers = [
            _offer(registry.kind, vendor) for vendor in registry
            if vendor.key != "fake" or settings.DEMO or settings.DEBUG
        ]
        if offers:
            found.append(Shelf(registry.label, offers))
    return found


def vendor_of(kind: str, key: str) -> type[Provider] | None:
    """A vendor that may be connected here, or None."""
    offered = any((offer.kind, offer.key) == (kind, key) for shelf in shelves() for offer in shelf.offers)
    return find_vendor(kind, key) if offered else None


def card(row: Connection) -> Card:
    """A connection in words, and what to do when it does not work."""
    tone = {"ok": "good", "error": "bad", "paused": "neutral", "new": "info"}[row.status]
    vendor = find_vendor(row.kind, row.provider)
    if vendor is None:
        return Card(row, row.provider, "plug", "neutral", _("No longer offered"), "", synced=False, by_sign_in=False)
    by_sign_in = issubclass(vendor, OAuthProvider)
    return Card(
        row, str(vendor.label), vendor.icon, tone, status_in_words(row), _advice(row, by_sign_in),
        synced=is_synced(row.kind), by_sign_in=by_sign_in,
    )


def cards() -> list[Card]:
    """Every connection of the organization in scope, broken ones first."""
    rows = sorted(Connection.objects.all(), key=lambda row: (row.status != Connection.Status.ERROR, row.kind, row.name))
    return [card(row) for row in rows]


def _offer(kind: str, vendor: type[Provider]) -> Offer:
    by_sign_in = issubclass(vendor, OAuthProvider)
    ready = not issubclass(vendor, OAuthProvider) or vendor.is_set_up()
    return Offer(kind, vendor.key, vendor.label, vendor.icon, vendor.help, by_sign_in, ready)


def _advice(row: Connection, by_sign_in: bool) -> str:
    if not row.last_error:
        return ""
    if row.status == Connection.Status.ERROR and row.next_attempt_at is None:
        return _("Connect it again.") if by_sign_in else _("Check the settings below and test again.")
    return _("It is tried again by itself.")
