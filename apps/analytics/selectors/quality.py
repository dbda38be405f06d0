"""The facts that a site's data quality is judged by, over whole days of the organization's zone, for many sites in a
constant number of questions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Sum

from apps.analytics.enrichment.addresses import normal_host
from apps.analytics.enrichment.bots import FAMILIES, bot_family
from apps.analytics.enums import Dimension, Doubt, Drop, StoreGrain
from apps.analytics.models import Site, SiteDayDoubt, SiteDayDrop
from apps.analytics.selectors import flows
from apps.analytics.selectors.flows import Flow
from apps.analytics.selectors.gaps import WEEKS, Found, gaps_in
from apps.metrics.calendar_math import midnight

DAYS = 7
_HOURS = """SELECT site_id, bucket, sessions FROM analytics_rollup
WHERE site_id = ANY(%s) AND grain = %s AND dim = %s AND value = '' AND bucket >= %s AND bucket < %s"""


@dataclass(slots=True)
class Facts:
    """What is known of one site over a week: `doubts` by (Doubt, detail), `drops` by (Drop, detail)."""

    site: Site
    first: date
    last: date
    until: datetime
    flow: Flow = field(default_factory=Flow)
    doubts: Counter[tuple[str, str]] = field(default_factory=Counter)
    drops: Counter[tuple[str, str]] = field(default_factory=Counter)
    gaps: Found = field(default_factory=lambda: Found((), 0))

    def doubt(self, kind: Doubt) -> int:
        """How many events had this said of them, whatever the detail."""
        return sum(count for (found, _detail), count in self.doubts.items() if found == kind)

    def details(self, kind: str) -> list[tuple[str, int]]:
        """The details of a doubt or drop, the most frequent first."""
        rows = {**self.doubts, **self.drops}
        found = [(detail, count) for (name, detail), count in rows.items() if name == kind and detail]
        return sorted(found, key=lambda row: (-row[1], row[0]))

    @property
    def own_hosts(self) -> frozenset[str]:
        """The hosts the site is on, as they are counted."""
        return frozenset(normal_host(host) for host in [*self.site.domains, *self.site.cross_domains])

    def owns(self, host: str) -> bool:
        """Whether a host is one of the site's or lies below one."""
        own = self.own_hosts
        return host in own or any(host.endswith(f".{name}") for name in own)

    @property
    def unknown_hosts(self) -> list[tuple[str, int]]:
        """Hosts whose events were counted though they are none of the site's; none while it names no host."""
        if not self.own_hosts:
            return []
        return [(host, count) for host, count in self.details(Doubt.HOST) if not self.owns(host)]

    @property
    def silent_hosts(self) -> list[str]:
        """The site's own addresses from which nothing came, neither from one below."""
        seen = [host for host, _count in self.details(Doubt.HOST)]
        own = [normal_host(host) for host in self.site.domains]
        return [name for name in own if not any(host == name or host.endswith(f".{name}") for host in seen)]

    @property
    def bots(self) -> dict[str, list[tuple[str, int]]]:
        """Robots by family, each with its names and how often they came."""
        found: dict[str, list[tuple[str, int]]] = {family: [] for family in FAMILIES}
        for name, count in self.details(Drop.BOT):
            found[bot_family(name)].append((name, count))
        return {family: rows for family, rows in found.items() if rows}


def facts_of(sites: Sequence[Site], last: date, zone: ZoneInfo, now: datetime) -> dict[int, Facts]:
    """The facts of several sites of one organization over the week that ends with the day `last`, by site."""
    ids, first = [site.id for site in sites], last - timedelta(days=DAYS - 1)
    end = min(midnight(last + timedelta(days=1), zone).astimezone(UTC), now.astimezone(UTC))
    found = {site.id: Facts(site, first, last, end) for site in sites}
    start, after = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    for site_id, flow in flows.by_site(ids, start, after).items():
        found[site_id].flow = flow
    within = {"site_id__in": ids, "day__gte": first, "day__lte": last}
    for row in SiteDayDoubt.objects.filter(**within).values("site_id", "kind", "detail").annotate(n=Sum("count")):
        found[row["site_id"]].doubts[(row["kind"], row["detail"])] = row["n"]
    for row in SiteDayDrop.objects.filter(**within).values("site_id", "reason", "detail").annotate(n=Sum("count")):
        found[row["site_id"]].drops[(row["reason"], row["detail"])] = row["n"]
    for site_id, hours in _hours(ids, first - timedelta(weeks=WEEKS, days=1), after, zone).items():
        began = found[site_id].site.detected_at
        earliest = min(hours, default=None)
        known = min(filter(None, (began, earliest)), default=None)
        found[site_id].gaps = gaps_in(hours, first, end, zone, known)
    return found


def _hours(ids: list[int], first: date, end: datetime, zone: ZoneInfo) -> dict[int, dict[datetime, int]]:
    found: dict[int, dict[datetime, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [ids, int(StoreGrain.HOUR), int(Dimension.TOTAL), midnight(first, zone), end])
        for site_id, bucket, visits in cursor.fetchall():
            found[site_id][bucket.astimezone(UTC)] = visits
    return found
