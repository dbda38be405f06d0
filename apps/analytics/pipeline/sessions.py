"""Which visit a hit belongs to.

A visit ends after thirty minutes without a sign (exactly thirty still continue it) or when another campaign brings
the visitor back. Midnight does not end it. Hits may come late and in any order: one that fits a visit which is already
known joins it, and a visit may begin earlier than was thought.
"""

from __future__ import annotations

from collections.abc import Iterable

from apps.analytics.enrichment.acquisition import acquisition_of
from apps.analytics.enrichment.words import same
from apps.analytics.pipeline.hits import Hit, Person, Visit
from apps.analytics.pipeline.marks import signed
from apps.analytics.pipeline.memory import Memory

GAP_MS = 1_800_000
SILENT = frozenset({"leave", "vitals", "identify", "pageview", "not_found"})


def assign(hits: Iterable[Hit], memory: Memory) -> dict[int, Visit]:
    """Give every hit that has a visitor its person and visit, in order of time; returns the touched visits by id."""
    touched: dict[int, Visit] = {}
    for hit in hits:
        hit.visit = hit.person = None
        if not hit.visitor:
            continue
        person = hit.person = memory.person(hit.site.id, hit.visitor)
        visit = _fitting(hit, person)
        if visit is None:
            visit = _begun(hit, person)
        _extend(visit, hit)
        hit.visit = visit
        touched[visit.id] = visit
    return touched


def _fitting(hit: Hit, person: Person) -> Visit | None:
    at = hit.at
    for visit in reversed(person.visits):
        if visit.started - GAP_MS <= at <= visit.last + GAP_MS:
            if hit.campaign is not None and hit.name == "pageview" and _arrival(hit)[1:6] != visit.acquisition[1:6]:
                continue
            return visit
    return None


def _arrival(hit: Hit) -> tuple[str, str, str, str, str, str, str]:
    hosts = hit.site.hosts
    if not hosts and hit.address:
        hosts = frozenset({hit.address.host})
    return acquisition_of(hit.campaign, hit.referrer, hosts)


def _begun(hit: Hit, person: Person) -> Visit:
    visit = Visit(signed(f"{hit.site.id}.{hit.visitor}.{hit.at}.{hit.id}".encode()), hit.site.id, hit.visitor, hit.at)
    visit.person = person
    visit.acquisition, visit.place, visit.tech = same(_arrival(hit)), hit.place, hit.tech
    person.visits.append(visit)
    if len(person.visits) > 1:
        person.visits = [other for other in person.visits if hit.at - other.last < 2 * 86_400_000]
    return visit


def _extend(visit: Visit, hit: Hit) -> None:
    at = hit.at
    if at > visit.last:
        visit.last = at
    elif at < visit.started:
        visit.started = at
    visit.events += 1
    visit.engaged += hit.engaged
    if hit.uid and not visit.uid:
        visit.uid = hit.uid
    if hit.name == "pageview":
        visit.pageviews += 1
        if hit.address is not None:
            path = hit.address.path
            if not visit.entry_at or at < visit.entry_at:
                visit.entry_at, visit.entry = at, path
            if at >= visit.exit_at:
                visit.exit_at, visit.exit = at, path
    elif hit.name not in SILENT:
        visit.stays = True
