"""`/o/<slug>/palette/?q=…`: where to go, what is called so, and what can be done, for who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views import View

from apps.accounts import settings_pages
from apps.accounts.access import can, require
from apps.core import navigation, palette

MOST = 6
LONGEST = 100
May = Callable[[str], bool]


class Palette(View):
    """Answers as docs/components.md says. Without words: every place and deed, and nothing searched."""

    action = "home.view"

    def get(self, request: HttpRequest, slug: str) -> JsonResponse:
        """Groups with at least one line each."""
        require(request.user, self.action, membership=request.membership)  # type: ignore[attr-defined]
        may: May = partial(can, request.user, membership=request.membership)  # type: ignore[attr-defined]
        words = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST]
        groups = {
            _("Go to"): [entry for entry in _places(request, may) if _matches(words, entry)],
            _("Search"): _found(request, may, words) if words else [],
            pgettext("heading of actions", "Do"): list(_deeds(request, may, words)),
        }
        answer = JsonResponse({"groups": [
            {"label": label, "items": [_written(entry) for entry in entries]} for label, entries in groups.items()
            if entries
        ]})
        answer["Cache-Control"] = "private, no-store"
        return answer


def _places(request: HttpRequest, may: May) -> Iterator[palette.Entry]:
    seen = set()
    for place in (*navigation.items(request, may), *navigation.footer_items(request, may)):
        seen.add(place.url)
        yield palette.Entry(place.label, place.icon, place.url)
    for tab in settings_pages.tabs(request, may):
        if tab["href"] not in seen:
            yield palette.Entry(tab["label"], tab["icon"], tab["href"], _("Settings"))


def _found(request: HttpRequest, may: May, words: str) -> list[palette.Entry]:
    return [
        entry for finder in palette.finders() if may(finder.action) for entry in finder.find(request, words, MOST)
    ]


def _deeds(request: HttpRequest, may: May, words: str) -> Iterator[palette.Entry]:
    slug = request.organization.slug  # type: ignore[attr-defined]
    for deed in palette.deeds():
        if may(deed.action) and (deed.shown is None or deed.shown(request)):
            entry = palette.Entry(deed.label, deed.icon, deed.address(slug))
            if _matches(words, entry, str(deed.also)):
                yield entry


def _matches(words: str, entry: palette.Entry, also: str = "") -> bool:
    text = f"{entry.label} {entry.hint} {also}".casefold()
    return all(word in text for word in words.casefold().split())


def _written(entry: palette.Entry) -> dict[str, Any]:
    return {
        "label": str(entry.label), "hint": str(entry.hint), "icon": entry.icon, "url": entry.url, "method": "get",
    }
