"""What went wrong is tried again: one, some, or all of an organization's errors, whichever way they went wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from apps.analytics.models import DeadLetter, Destination, Site
from apps.analytics.selectors.errors import deliveries_open, letters_asked
from apps.analytics.services.destinations import deliveries_replay
from apps.analytics.services.store_jobs import letters_replay

MOST = 10_000


@transaction.atomic
def errors_replay(
    *, actor: Any, letters: Iterable[int] | None = None, deliveries: Iterable[int] | None = None,
    site_id: int | None = None,
) -> int:
    """Take dead letters of the organization in scope in again, and send failed deliveries again: these, or all (None),
    of all sites or one. Those of others, those that were tried again and those that are asked for already are left
    out. Returns how many events."""
    sites = {site.id: site for site in Site.objects.all() if site_id in (None, site.id)}
    return _letters(actor, sites, letters) + _deliveries(actor, sites, deliveries)


def _letters(actor: Any, sites: dict[int, Site], letters: Iterable[int] | None) -> int:
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


def _deliveries(actor: Any, sites: dict[int, Site], deliveries: Iterable[int] | None) -> int:
    chosen = None if deliveries is None else frozenset(deliveries)
    if chosen is not None and not chosen:
        return 0
    wanted = deliveries_open(list(sites))
    return sum(
        deliveries_replay(actor=actor, destination=row, ids=ids)
        for row in Destination.objects.filter(pk__in=list(wanted)).order_by("pk")
        if (ids := [pk for pk in wanted[row.pk] if chosen is None or pk in chosen])
    )
