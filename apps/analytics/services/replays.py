"""Taking what was rejected in again: one, some, or all of an organization's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from apps.analytics.models import DeadLetter, Site
from apps.analytics.selectors.errors import letters_asked
from apps.analytics.services.store_jobs import letters_replay

MOST = 10_000


@transaction.atomic
def errors_replay(*, actor: Any, letters: Iterable[int] | None = None) -> int:
    """Ask the pipeline to take dead letters of the organization in scope in again: these, or all (None). Those of
    others, those that were replayed and those that are asked for already are left out. Returns how many."""
    sites = {site.id: site for site in Site.objects.all()}
    rows = DeadLetter.objects.filter(site_id__in=list(sites), replayed_at=None)
    if letters is not None:
        rows = rows.filter(id__in=list(letters))
    asked = letters_asked(list(sites))
    wanted: dict[int, list[int]] = defaultdict(list)
    for letter, site_id in rows.order_by("id").values_list("id", "site_id")[:MOST]:
        if letter not in asked:
            wanted[site_id].append(letter)
    for site_id, ids in sorted(wanted.items()):
        letters_replay(site=sites[site_id], letters=ids, actor=actor)
    return sum(len(ids) for ids in wanted.values())
