"""Events that were stored before are known again: by memory, and by the event table's own key."""

from __future__ import annotations

from collections.abc import Iterable

from apps.analytics.pipeline.hits import Hit
from apps.analytics.store import EventStore

REACH_MS = 8 * 86_400_000
MOST = 1_000_000


class Duplicates:
    """Remembers ids of events in two generations, and asks the store for the rest.

    A client's time is believed for a week back, so a repeat lies within eight days of the first. Orders are looked for
    without bounds: a confirmation page may be opened again after months.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._added: list[int] = []

    def sift(self, hits: Iterable[Hit]) -> tuple[list[Hit], list[Hit]]:
        """Those not seen before, each once, and the others."""
        young, old = self._young, self._old
        fresh: dict[int, Hit] = {}
        repeated: list[Hit] = []
        for hit in hits:
            if hit.id in young or hit.id in old or hit.id in fresh:
                repeated.append(hit)
            else:
                fresh[hit.id] = hit
        for known in self._stored(fresh):
            if known in fresh:
                repeated.append(fresh.pop(known))
        self._added = list(fresh)
        young.update(fresh)
        if len(young) > MOST:
            self._old, self._young = young, set()
        return list(fresh.values()), repeated

    def _stored(self, fresh: dict[int, Hit]) -> list[int]:
        orders = [hit.id for hit in fresh.values() if hit.is_order]
        given = [hit.id for hit in fresh.values() if hit.has_id and not hit.is_order]
        found: list[int] = []
        if given:
            times = [hit.at for hit in fresh.values()]
            found += self._store.known(given, (min(times) - REACH_MS, max(times) + REACH_MS))
        if orders:
            found += self._store.known(orders, None)
        return found

    def undo(self) -> None:
        """The last batch was rolled back."""
        self._young.difference_update(self._added)
        self._old.difference_update(self._added)
        self._added = []

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._added = set(), set(), []
