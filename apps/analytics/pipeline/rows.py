"""Hits, visits and counts as lines of PostgreSQL's COPY. Made by hand: it is the pipeline's widest loop."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from operator import add, itemgetter
from typing import Any

import orjson

from apps.analytics.enrichment.addresses import escaped, without_controls
from apps.analytics.enums import Dimension, StoreGrain
from apps.analytics.pipeline.counts import NOTHING, DayCounts, Row, Values
from apps.analytics.pipeline.hits import Hit, Visit
from apps.analytics.pipeline.sites import SiteInfo
from apps.analytics.pipeline.tally import Tally

EVENT_COLUMNS = (
    "id, organization_id, site_id, time_ms, received_ms, session_id, visitor, engaged_ms, scroll, flags, name, host, "
    "path, title, referrer, uid, order_id, currency, revenue, ip, props, items, vitals"
)
NULL = "\\N"
MOST_NEW_VALUES = 5_000
BOUNDED = {int(Dimension.PAGE), int(Dimension.PROPERTY), int(Dimension.REFERRER), int(Dimension.ENTRY_PAGE),
           int(Dimension.EXIT_PAGE), int(Dimension.CONVERSION_PAGE), int(Dimension.EVENT), int(Dimension.TERM),
           int(Dimension.PRODUCT), int(Dimension.PRODUCT_VIEW), int(Dimension.PRODUCT_CART),
           int(Dimension.PRODUCT_CHECKOUT), int(Dimension.PRODUCT_REFUND)}
OTHER = "…"
_TOTAL, _LAST_SEEN = int(Dimension.TOTAL), int(Dimension.LAST_SEEN)
_MINUTE, _HOUR, _DAY, _MONTH, _WEEK = (int(grain) for grain in StoreGrain)


def event_line(hit: Hit) -> str:
    """One event. Its texts have lost their control characters, so that only backslashes need care."""
    site, visit, address = hit.site, hit.visit, hit.address
    host, path = (address.host, address.path) if address is not None else ("", "")
    words = f"{hit.name}\t{host}\t{path}\t{hit.title}\t{hit.referrer}\t{hit.uid}\t{hit.order_id}\t{hit.currency}"
    if "\\" in words:
        words = words.replace("\\", "\\\\")
    ip = hit.ip if hit.ip and site.options.ip_retention_days > 0 else NULL
    rest = "\\N\t\\N\t\\N" if hit.is_bare else f"{_json(hit.props)}\t{_json(hit.items)}\t{_json(hit.vitals)}"
    return (
        f"{hit.id}\t{site.organization_id}\t{site.id}\t{hit.at}\t{hit.received}\t{visit.id if visit else 0}\t"
        f"{hit.visitor}\t{hit.engaged}\t{NULL if hit.scroll is None else hit.scroll}\t{hit.flags}\t{words}\t"
        f"{money(hit.revenue) if hit.currency else NULL}\t{ip}\t{rest}\n"
    )


def money(units: int) -> str:
    """Ten-thousandths as a decimal number."""
    sign, units = ("-", -units) if units < 0 else ("", units)
    return f"{sign}{units // 10_000}.{units % 10_000:04d}"


def _json(value: Any) -> str:
    if value is None:
        return NULL
    text = orjson.dumps(value).decode()
    if "\\u00" in text:
        text = orjson.dumps(printable(value)).decode()
    return escaped(text)


def printable(value: Any) -> Any:
    """A value of JSON without the control characters that PostgreSQL cannot store in it."""
    if isinstance(value, str):
        return without_controls(value)
    if isinstance(value, dict):
        return {without_controls(key): printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    return value


VISIT_COLUMNS = (
    "id, organization_id, site_id, visitor, started_ms, last_ms, entry_ms, exit_ms, pageviews, events, engaged_ms, "
    "conversions, orders, revenue, is_bounce, seen, entry_page, exit_page, uid, channel, source, medium, campaign, "
    "term, content, referrer, country, region, city, device, browser, os, screen, language"
)
CHANGED_COLUMNS = (
    "id, started_ms, last_ms, entry_ms, exit_ms, pageviews, events, engaged_ms, conversions, orders, revenue, "
    "is_bounce, seen, entry_page, exit_page, uid"
)


def visit_line(visit: Visit, site: SiteInfo) -> str:
    """A visit that is new."""
    words = "\t".join((*visit.acquisition, *visit.place, *visit.tech))
    if "\\" in words:
        words = words.replace("\\", "\\\\")
    return (
        f"{visit.id}\t{site.organization_id}\t{site.id}\t{visit.visitor}\t{_times(visit)}\t{_counts(visit)}\t{words}\n"
    )


def changed_line(visit: Visit) -> str:
    """What changes of a visit that is known."""
    return f"{visit.id}\t{_times(visit)}\t{_counts(visit)}\n"


def _times(visit: Visit) -> str:
    return f"{visit.started}\t{visit.last}\t{visit.entry_at or NULL}\t{visit.exit_at or NULL}"


def _counts(visit: Visit) -> str:
    return (
        f"{visit.pageviews}\t{visit.events}\t{visit.engaged}\t{visit.conversions}\t{visit.orders}\t"
        f"{money(visit.revenue) if visit.revenue else 0}\t{'t' if visit.is_bounce else 'f'}\t"
        f"\\\\x{array('q', visit.seen).tobytes().hex()}\t"
        f"{escaped(visit.entry)}\t{escaped(visit.exit)}\t{escaped(visit.uid)}"
    )


ROLLUP_COLUMNS = (
    "organization_id, site_id, grain, dim, bucket_ms, value, visitors, sessions, pageviews, events, bounces, "
    "engaged_ms, duration_s, conversions, orders, revenue"
)


Longer = dict[tuple[int, int, int, int, str], tuple[SiteInfo, Row]]


class RollupLines:
    """Lines of differences. Remembers which values a site had on a day, so that junk cannot make rows without end."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], set[str]] = {}

    def lines(self, tally: Tally) -> Iterator[str]:
        """Every line of a batch."""
        longer: Longer = {}
        for _site_and_day, counts in sorted(tally.days.items()):
            yield from self._of_day(counts, longer)
        for (_site, grain, dimension, begin, value), (info, row) in sorted(longer.items(), key=itemgetter(0)):
            yield _line(info, grain, dimension, begin, value, row)
        for (site, minute), row in tally.minutes.items():
            yield _line(site, _MINUTE, _TOTAL, minute * 60_000, "", row)
        for (site, minute), change in tally.last_seen.items():
            if change:
                yield _line(site, _MINUTE, _LAST_SEEN, minute * 60_000, "", [change] + [0] * 9)

    def _of_day(self, counts: DayCounts, longer: Longer) -> Iterator[str]:
        """A day's lines; what belongs to weeks and months that were folded is added up over the days of the batch."""
        site, day = counts.site, counts.day
        spread = counts.spread()
        for start, row in counts.hours.items():
            if row != NOTHING:
                yield _line(site, _HOUR, _TOTAL, start, "", row)
        folded = [key for key in ((_MONTH, day.month), (_WEEK, day.week)) if key in site.folded]
        for dimension, values in sorted(spread.items()):
            if dimension in BOUNDED:
                self._bound((site.id, day.ordinal, dimension), values)
            head = f"{site.organization_id}\t{site.id}\t{_DAY}\t{dimension}\t{day.start}\t"
            # One order for all: two writers of the same rows then wait for each other instead of deadlocking.
            for value, row in sorted(values.items()):
                if row != NOTHING:
                    yield f"{head}{escaped(value[:500])}\t{_numbers(row)}"
                    for grain, begin in folded:
                        key = (site.id, grain, dimension, begin, value[:500])
                        known = longer.get(key)
                        longer[key] = (site, list(map(add, known[1], row)) if known else row)

    def _bound(self, key: tuple[int, int, int], values: Values) -> None:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = set()
        fresh = values.keys() - known
        room = MOST_NEW_VALUES - len(known)
        if len(fresh) <= room:
            known.update(fresh)
            return
        over = sorted(fresh)[room:]
        known.update(fresh.difference(over))
        other = values.setdefault(OTHER, NOTHING.copy())
        for value in over:
            for index, number in enumerate(values.pop(value)):
                other[index] += number

    def forget_before(self, ordinal: int) -> None:
        """Let go of days that are over."""
        self._known = {key: values for key, values in self._known.items() if key[1] >= ordinal}


def _line(site: SiteInfo, grain: int, dimension: int, bucket: int, value: str, row: Row) -> str:
    head = f"{site.organization_id}\t{site.id}\t{grain}\t{dimension}\t{bucket}\t"
    return f"{head}{escaped(value[:500])}\t{_numbers(row)}"


def _numbers(row: Row) -> str:
    a, b, c, d, e, f, g, h, i, revenue = row
    return f"{a}\t{b}\t{c}\t{d}\t{e}\t{f}\t{g}\t{h}\t{i}\t{money(revenue) if revenue else 0}\n"
