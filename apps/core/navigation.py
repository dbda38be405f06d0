"""The places of the app. A feature adds its own; what a person may not see is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

ORDER = (
    "home", "clients", "traffic", "companies", "sales", "inbox", "customers", "calendar", "domains", "content",
    "reports",
)
FOOTER = ("monitoring", "settings", "help")


@dataclass(frozen=True)
class Place:
    """One entry of the rail: `action` is what a person must be allowed to do to see it.

    `shown(request)` leaves a place out where it means nothing, as the clients of a business that is no agency.
    """

    key: str
    label: str | Promise
    icon: str
    url_name: str
    action: str
    shown: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Item:
    """A place for one request: its address, and whether the page shown lies in it."""

    key: str
    label: str | Promise
    icon: str
    url: str
    active: bool


_places: dict[str, Place] = {}


def add(place: Place) -> None:
    """Register a place; its key must be one of ORDER or FOOTER."""
    if place.key not in (*ORDER, *FOOTER):
        raise ValueError(f"{place.key} has no position in the rail")
    _places[place.key] = place


def items(request: Any, may: Any) -> list[Item]:
    """The rail for this request. `may(action)` says what the person may do in the organization."""
    return _items(ORDER, request, may)


def footer_items(request: Any, may: Any) -> list[Item]:
    """What stands at the foot of the rail."""
    return _items(FOOTER, request, may)


def _items(keys: tuple[str, ...], request: Any, may: Any) -> list[Item]:
    organization = getattr(request, "organization", None)
    if organization is None:
        return []
    found = []
    for key in keys:
        place = _places.get(key)
        if place and may(place.action) and (place.shown is None or place.shown(request)):
            url = reverse(place.url_name, kwargs={"slug": organization.slug})
            active = request.path == url or (key != "home" and request.path.startswith(url))
            found.append(Item(key, place.label, place.icon, url, active))
    return found
