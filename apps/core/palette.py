"""What the command palette finds. A feature says in `places.py` what can be searched for and done in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Entry:
    """One line: where it leads, and a word about it."""

    label: str | Promise
    icon: str
    url: str
    hint: str | Promise = ""


@dataclass(frozen=True)
class Finder:
    """Things that can be searched for. `find(request, words, most)` answers within the organization in scope, and
    only with what the person may see; it is asked only of who may do `action`."""

    key: str
    action: str
    find: Callable[[Any, str, int], Iterable[Entry]]
    order: int = 100


@dataclass(frozen=True)
class Deed:
    """Something to do: a page that begins it. `also` are further words it is found by.

    `shown(request)` leaves it out where it means nothing; `address(slug)` is where it begins.
    """

    key: str
    label: str | Promise
    icon: str
    action: str
    address: Callable[[str], str]
    also: str | Promise = ""
    shown: Callable[[Any], bool] | None = None
    order: int = 100


_finders: dict[str, Finder] = {}
_deeds: dict[str, Deed] = {}


def add_finder(finder: Finder) -> None:
    """Make things searchable; refuses a second finder of the same key."""
    if finder.key in _finders:
        raise ValueError(f"finder {finder.key} is declared twice")
    _finders[finder.key] = finder


def add_deed(deed: Deed) -> None:
    """Offer something to do; refuses a second deed of the same key."""
    if deed.key in _deeds:
        raise ValueError(f"deed {deed.key} is declared twice")
    _deeds[deed.key] = deed


def finders() -> list[Finder]:
    """Every finder, in order."""
    return sorted(_finders.values(), key=lambda finder: finder.order)


def deeds() -> list[Deed]:
    """Every deed, in order."""
    return sorted(_deeds.values(), key=lambda deed: deed.order)
