"""Kinds of objects that can be assigned to single members: sites, stores, inboxes. A feature registers its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.functional import Promise
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from apps.accounts.models import User


@dataclass(frozen=True)
class Assignable:
    """A kind: `objects()` gives the organization's rows in scope; `permissions` are what an assignment grants."""

    key: str
    label: str | Promise
    permissions: tuple[str, ...]
    objects: Callable[[], models.QuerySet[Any]]


_kinds: dict[str, Assignable] = {}


def register_assignable(kind: Assignable) -> None:
    """Add a kind; refuses a second one of the same key."""
    if kind.key in _kinds:
        raise ValueError(f"assignable {kind.key} is declared twice")
    _kinds[kind.key] = kind


def assignables() -> list[Assignable]:
    """Every kind that can be assigned."""
    return list(_kinds.values())


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of `("site:4", name)` for a form, in the organization in scope; kinds without objects are left out."""
    groups = [
        (str(kind.label), [(f"{kind.key}:{obj.pk}", str(obj)) for obj in kind.objects()]) for kind in assignables()
    ]
    return [group for group in groups if group[1]]


def assigned(users: Iterable[User]) -> dict[int, list[str]]:
    """Keys like `site:4` by person, in the organization in scope. As many queries as there are kinds."""
    ids = [user.pk for user in users]
    found: dict[int, list[str]] = {pk: [] for pk in ids}
    for kind in assignables():
        names = {str(pk): f"{kind.key}:{pk}" for pk in kind.objects().values_list("pk", flat=True)}
        rows = UserObjectPermission.objects.filter(
            user_id__in=ids,
            content_type=ContentType.objects.get_for_model(kind.objects().model),
            permission__codename=kind.permissions[0].rpartition(".")[2],
            object_pk__in=list(names),
        )
        for user_id, object_pk in rows.values_list("user_id", "object_pk"):
            found[user_id].append(names[object_pk])
    return {pk: sorted(keys) for pk, keys in found.items()}


def assign(user: User, wanted: Iterable[str]) -> None:
    """Make exactly these objects of the organization in scope the person's; foreign and unknown ones are ignored."""
    keys = set(wanted)
    have = set(assigned([user])[user.pk])
    for kind in assignables():
        for obj in kind.objects():
            key = f"{kind.key}:{obj.pk}"
            if (key in keys) == (key in have):
                continue
            change = assign_perm if key in keys else remove_perm
            for permission in kind.permissions:
                change(permission, user, obj)
