"""The pages under Settings. Apps add theirs in `places.py`; what a person may not see is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class SettingsPage:
    """One entry of the settings navigation; lower `order` stands higher."""

    key: str
    label: str | Promise
    icon: str
    url_name: str
    action: str
    order: int = 100


_pages: dict[str, SettingsPage] = {}


def add(page: SettingsPage) -> None:
    """Register a page; refuses a second one of the same key."""
    if page.key in _pages:
        raise ValueError(f"settings page {page.key} is declared twice")
    _pages[page.key] = page


def tabs(request: HttpRequest, may: Callable[[str], bool]) -> list[dict[str, Any]]:
    """What the tabs component shows for this request."""
    slug = request.organization.slug  # type: ignore[attr-defined]
    found = []
    for page in sorted(_pages.values(), key=lambda page: page.order):
        if may(page.action):
            url = reverse(page.url_name, kwargs={"slug": slug})
            active = request.path == url or (page.key != "general" and request.path.startswith(url))
            found.append({"label": page.label, "icon": page.icon, "href": url, "active": active})
    return found
