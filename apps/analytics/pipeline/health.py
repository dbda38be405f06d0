"""What the pipeline notes about the events themselves: what became of each, and what is doubtful about those counted.

Both are sums kept with the batch and written with it, in its transaction: one statement a table, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from time import perf_counter
from typing import Any

from apps.analytics.enums import Doubt, Drop, EventFlag, StoreGrain
from apps.analytics.histograms import DELAY_MS, place_in
from apps.analytics.pipeline.clock import MINUTE_MS, Day
from apps.analytics.pipeline.hits import Hit
from apps.analytics.pipeline.sites import SiteInfo

COLUMNS = ("stored", "duplicates", "bots", "spam", "hostnames", "invalid", "limited", "failed")
STORED, FAILED = COLUMNS.index("stored"), COLUMNS.index("failed")
_PLACES = {
    str(drop): COLUMNS.index(column)
    for drop, column in (
        (Drop.DUPLICATE, "duplicates"), (Drop.BOT, "bots"), (Drop.SPAM, "spam"), (Drop.HOSTNAME, "hostnames"),
        (Drop.INVALID, "invalid"), (Drop.LIMIT, "limited"),
    )
}
_DELAYS = len(DELAY_MS) - 1
MOST_DETAILS = 100
REST = "*"
_FLOWS = f"""
INSERT INTO analytics_siteflow AS f (organization_id, site_id, grain, bucket, {', '.join(COLUMNS)}, delay)
SELECT o, s, g, to_timestamp(b / 1000.0), {', '.join(COLUMNS)}, d::bigint[]
FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[],
    {', '.join(['%s::bigint[]'] * len(COLUMNS))}, %s::text[]) AS t (o, s, g, b, {', '.join(COLUMNS)}, d)
ON CONFLICT (site_id, grain, bucket) DO UPDATE SET
    {', '.join(f'{name} = f.{name} + excluded.{name}' for name in COLUMNS)},
    delay = (SELECT coalesce(array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY i), '{{}}')
        FROM unnest(f.delay, excluded.delay) WITH ORDINALITY AS w (x, y, i))
"""
_DOUBTS = """
INSERT INTO analytics_sitedaydoubt AS d (organization_id, site_id, day, kind, detail, count)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT (site_id, day, kind, detail) DO UPDATE SET count = d.count + excluded.count
"""
_TEST, _CONSENTED, _REPAIRED, _ASSUMED, _SERVER = (
    int(flag) for flag in (
        EventFlag.TEST, EventFlag.CONSENTED, EventFlag.CLOCK_REPAIRED, EventFlag.CURRENCY_ASSUMED,
        EventFlag.SERVER_SIDE,
    )
)
_TOLD = _CONSENTED | _REPAIRED | _SERVER
DoubtKey = tuple[SiteInfo, Day, str, str]
DoubtRow = tuple[int, date, str, str, int, int]  # site, day, kind, detail, organization, count


class Flows:
    """What became of the events of one batch, by site and the minute they arrived in."""

    __slots__ = ("_delays", "_sums", "live_from")

    def __init__(self, live_from: int) -> None:
        self.live_from = live_from
        self._sums: dict[tuple[SiteInfo, int], list[int]] = {}
        self._delays: dict[tuple[SiteInfo, int], list[int]] = {}

    def add(self, site: SiteInfo, at: int, place: int, count: int = 1) -> None:
        """Some events that arrived at an instant, in milliseconds, into the column at `place`."""
        key = (site, at - at % MINUTE_MS)
        row = self._sums.get(key)
        if row is None:
            row = self._sums[key] = [0] * len(COLUMNS)
        row[place] += count

    def drop(self, site: SiteInfo, at: int, reason: str, count: int) -> None:
        """Some events that were left out. What broke is told by the dead letters."""
        if (place := _PLACES.get(reason)) is not None:
            self.add(site, at, place, count)

    def waited(self, site: SiteInfo, received: int, done: int, count: int) -> None:
        """Some events that came at one instant and are being stored at another. History has not waited."""
        if received < self.live_from:
            return
        key = (site, received - received % MINUTE_MS)
        row = self._delays.get(key)
        if row is None:
            row = self._delays[key] = [0] * _DELAYS
        row[place_in(DELAY_MS, done - received)] += count

    def write(self, connection: Any) -> None:
        """Add it to what is stored: minutes of what is live, hours and days of everything."""
        rows: dict[tuple[int, int, int, int], tuple[list[int], list[int]]] = {}
        nothing = [0] * len(COLUMNS)
        for site, minute in self._sums.keys() | self._delays.keys():
            sums, delays = self._sums.get((site, minute), nothing), self._delays.get((site, minute))
            day = site.clock.day_of(minute)
            grains = [(StoreGrain.HOUR, day.hour_of(minute)), (StoreGrain.DAY, day.start)]
            if minute >= self.live_from:
                grains.append((StoreGrain.MINUTE, minute))
            for grain, bucket in grains:
                key = (site.id, int(grain), bucket, site.organization_id)
                found = rows.setdefault(key, ([0] * len(COLUMNS), []))
                found[0][:] = map(int.__add__, found[0], sums)
                if delays:
                    found[1][:] = map(int.__add__, found[1] or [0] * _DELAYS, delays)
        if rows:
            ordered = sorted(rows.items())
            sums = zip(*(row[0] for _key, row in ordered), strict=True)
            connection.execute(_FLOWS, [
                [key[3] for key, _row in ordered], [key[0] for key, _row in ordered], [key[1] for key, _row in ordered],
                [key[2] for key, _row in ordered], *map(list, sums),
                [f"{{{','.join(map(str, row[1]))}}}" for _key, row in ordered],
            ])
        self._sums, self._delays = {}, {}


class Examiner:
    """Looks at what will be counted. Details that anybody may invent (hosts) are kept up to a number a site and day,
    the rest together."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str], set[str]] = {}

    def look(self, hits: Iterable[Hit]) -> dict[DoubtKey, int]:
        """How many hits had what to be said about them, by site, day, Doubt and detail."""
        seen: dict[tuple[Any, ...], int] = {}
        found: dict[DoubtKey, int] = {}
        for hit in hits:
            flags = hit.flags
            if flags & _TEST:
                continue
            address = hit.address
            key = (
                (hit.site, hit.day, flags & _TOLD, address.host, address.faults) if address is not None
                else (hit.site, hit.day, flags & _TOLD, None, hit.name == "pageview")
            )
            seen[key] = seen.get(key, 0) + 1
            if hit.name == "purchase":
                _purchase(found, hit, flags)
        for (site, day, told, host, faults), count in seen.items():
            for kind, detail in _said(site, told, host, faults):
                _add(found, (site, day, kind, self._detail(site, day, kind, detail)), count)
        return found

    def _detail(self, site: SiteInfo, day: Day, kind: str, detail: str) -> str:
        if kind != Doubt.HOST:
            return detail
        if len(self._known) > 5_000:
            self._known.clear()
        known = self._known.setdefault((site.id, day.ordinal, kind), set())
        if detail not in known:
            if len(known) >= MOST_DETAILS and not site.owns(detail):
                return REST
            known.add(detail)
        return detail


def _said(site: SiteInfo, told: int, host: str | None, faults: Any) -> Iterable[tuple[str, str]]:
    yield Doubt.EVENTS, ""
    if site.cookies and not told & _SERVER:
        yield Doubt.BROWSER, ""
        if told & _CONSENTED:
            yield Doubt.CONSENTED, ""
    if told & _REPAIRED:
        yield Doubt.CLOCK, ""
    if host is None:
        if faults:
            yield Doubt.MISSING, "url"
        return
    yield Doubt.HOST, host[:100]
    yield from faults


def _purchase(found: dict[DoubtKey, int], hit: Hit, flags: int) -> None:
    site, day = hit.site, hit.day
    _add(found, (site, day, Doubt.PURCHASES, ""), 1)
    lacks = [name for name, there in (("order_id", hit.order_id), ("revenue", hit.currency)) if not there]
    if flags & _ASSUMED:
        lacks.append("currency")
    for name in lacks:
        _add(found, (site, day, Doubt.MISSING, name), 1)
    if lacks:
        _add(found, (site, day, Doubt.INCOMPLETE, ""), 1)


def _add(found: dict[DoubtKey, int], key: DoubtKey, count: int) -> None:
    found[key] = found.get(key, 0) + count


def write_doubts(connection: Any, doubts: dict[DoubtKey, int]) -> None:
    """Add a batch's doubts to what is stored."""
    add_doubts(connection, [
        (site.id, date.fromordinal(day.ordinal), str(kind), detail, site.organization_id, count)
        for (site, day, kind, detail), count in doubts.items()
    ])


def add_doubts(connection: Any, rows: Iterable[DoubtRow]) -> None:
    """Add doubts to what is stored."""
    if not (rows := sorted(rows)):
        return
    columns = list(zip(*rows, strict=True))
    connection.execute(_DOUBTS, [list(columns[number]) for number in (4, 0, 1, 2, 3, 5)])


def note(connection: Any, batch: Any, examiner: Examiner) -> None:
    """Everything about one batch that is being stored: its `flows` filled and written, its hits examined. What is
    imported says nothing of how tracking does."""
    if batch.imported:
        return
    flows = batch.flows
    counted: dict[tuple[SiteInfo, int], int] = {}
    for hit in batch.hits:
        key = (hit.site, hit.received)
        counted[key] = counted.get(key, 0) + 1
    for (site, received), count in counted.items():
        flows.add(site, received, STORED, count)
    if batch.timed:
        _note_waiting(flows, batch)
    flows.write(connection)
    write_doubts(connection, examiner.look(batch.hits))


def _note_waiting(flows: Flows, batch: Any) -> None:
    waited: dict[tuple[SiteInfo, int], int] = {}
    for sent in batch.sent:
        key = (sent[1], sent[0].received)
        waited[key] = waited.get(key, 0) + 1
    done = batch.now + round((perf_counter() - batch.began) * 1000)
    for (site, received), count in waited.items():
        flows.waited(site, received, done, count)
