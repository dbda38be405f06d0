"""Who was here lately: persons and their visits, kept between batches and read from the store when missing.

What is in memory equals what is committed. After a transaction that failed, `clear` forgets everything.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

from apps.analytics.enrichment.words import same
from apps.analytics.pipeline.hits import BOUNCE_MS, Hit, Person, Visit
from apps.analytics.store import EventStore

MOST_PERSONS = 60_000
LOOK_BACK_MS = 26 * 3_600_000


class Memory:
    """Persons by site and mark."""

    def __init__(self, store: EventStore, most: int = MOST_PERSONS) -> None:
        self._store = store
        self._most = most
        self._persons: dict[tuple[int, int], Person] = {}
        self._shared: dict[int, Visit] = {}
        self._batch = 0

    def clear(self) -> None:
        """Forget everything."""
        self._persons.clear()
        self._shared.clear()

    def forget_site(self, site_id: int) -> None:
        """Forget one site's visitors."""
        for key in [key for key in self._persons if key[0] == site_id]:
            del self._persons[key]

    def person(self, site_id: int, visitor: int) -> Person | None:
        """A person who was loaded or seen."""
        return self._persons.get((site_id, visitor))

    def load(self, hits: Iterable[Hit], before: Any) -> None:
        """Have everybody of these hits at hand: as they are marked today, and as they were marked the day before."""
        self._batch += 1
        batch, persons = self._batch, self._persons
        missing: dict[tuple[int, int], None] = {}
        waiting: list[tuple[Hit, tuple[int, int], int]] = []
        first, last = 1 << 62, 0
        for hit in hits:
            if not hit.visitor:
                continue
            key = (hit.site.id, hit.visitor)
            person = persons.get(key)
            if person is not None:
                person.seen_in = batch
                continue
            if key in missing:
                continue
            earlier = before(hit)
            waiting.append((hit, key, earlier))
            missing[key] = None
            if earlier and (key[0], earlier) not in persons:
                missing[(key[0], earlier)] = None
            first, last = min(first, hit.at), max(last, hit.at)
        if missing:
            self._read(missing, first, last)
            for hit, key, earlier in waiting:
                self._continue_over_midnight(hit, persons[key], persons.get((key[0], earlier)) if earlier else None)

    def _continue_over_midnight(self, hit: Hit, person: Person, earlier: Person | None) -> None:
        """A visit that goes on after midnight belongs to the new mark as well, for all of the new day."""
        for visit in earlier.visits if earlier else ():
            if visit.last >= hit.day.start - 1_800_000 and visit not in person.visits:
                person.visits.append(visit)
                person.last_minute = max(person.last_minute, visit.last // 60_000)
                self._shared[visit.id] = visit

    def _read(self, missing: dict[tuple[int, int], None], first: int, last: int) -> None:
        persons, batch = self._persons, self._batch
        for key in missing:
            person = persons[key] = Person(key[1])
            person.seen_in = batch
        sites = list({site for site, _visitor in missing})
        marks = [visitor for _site, visitor in missing]
        rows = self._store.visits(marks, sites, (first - LOOK_BACK_MS, last + LOOK_BACK_MS))
        for row in rows:
            owner = persons.get((row[1], row[2]))
            if owner is not None:
                visit = self._shared.get(row[0]) or self._made(row, owner)
                if visit not in owner.visits:
                    owner.visits.append(visit)
                    owner.last_minute = max(owner.last_minute, visit.last // 60_000)

    def _made(self, row: tuple[Any, ...], owner: Person) -> Visit:
        visit = Visit(row[0], row[1], row[2], row[3])
        (visit.last, visit.entry_at, visit.exit_at, visit.entry, visit.exit, visit.uid, visit.pageviews, visit.events,
         visit.engaged, visit.conversions, visit.orders, visit.revenue, bounced, seen) = row[4:18]
        visit.acquisition, visit.place, visit.tech = same(row[18:25]), same(row[25:28]), same(row[28:33])
        marks = array("q")
        marks.frombytes(bytes(seen))
        visit.seen = set(marks)
        visit.stays = not bounced and (visit.pageviews != 1 or visit.engaged < BOUNCE_MS)
        visit.is_new, visit.person = False, owner
        visit.reported = report_of(visit)
        return visit

    def sweep(self) -> None:
        """Let go of those who were not seen for longest, once there are too many."""
        if len(self._shared) > 10_000:
            self._shared.clear()
        excess = len(self._persons) - self._most
        if excess <= 0:
            return
        by_age = sorted(self._persons.items(), key=lambda item: item[1].seen_in)
        for key, _person in by_age[: excess + self._most // 5]:
            del self._persons[key]


def report_of(visit: Visit) -> tuple[Any, ...]:
    """What the rollups are told of a visit as a whole."""
    bounced = visit.pageviews == 1 and not visit.stays and visit.engaged < BOUNCE_MS
    return visit.started, visit.entry, visit.exit, bounced, (visit.last - visit.started) // 1000
