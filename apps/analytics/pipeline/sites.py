"""What the pipeline knows of each site, kept in memory and read again when a site changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.analytics.contracts import SiteSettings
from apps.analytics.enrichment.addresses import normal_host, root_of
from apps.analytics.enums import ConsentMode
from apps.analytics.pipeline.clock import ZoneClock, clock_of
from apps.analytics.pipeline.goals import goals_of
from apps.analytics.reaching import GoalRule

_QUERY = """
SELECT s.id, s.organization_id, o.time_zone, o.currency, s.domains, s.cross_domains, s.settings, s.detected_at,
    ARRAY(SELECT ARRAY[f.grain, (extract(epoch FROM f.start) * 1000)::bigint] FROM analytics_foldedperiod f
        WHERE f.site_id = s.id),
    (SELECT coalesce(json_agg(json_build_array(g.id, g.kind, g.match, g.value, g.prop_name, g.prop_value,
        g.amount::text, g.is_conversion) ORDER BY g.id), '[]') FROM analytics_goal g WHERE g.site_id = s.id)
FROM analytics_site s JOIN accounts_organization o ON o.id = s.organization_id
"""


@dataclass(slots=True, eq=False)
class SiteInfo:
    """A site as the pipeline needs it. `folded` are the grains and beginnings of periods that have been folded."""

    id: int
    organization_id: int
    clock: ZoneClock
    currency: str
    hosts: frozenset[str]
    root: str
    options: SiteSettings
    detected: bool
    cookies: bool = False
    goals: tuple[GoalRule, ...] = ()
    folded: set[tuple[int, int]] = field(default_factory=set)
    told_at: int = 0
    routes: tuple[Any, ...] | None = None  # its destinations; None until they have been looked up
    name: str = ""
    organization: str = ""
    pages: dict[str, tuple[Any, str, int]] = field(default_factory=dict)  # what an address means here, by its text

    def owns(self, host: str) -> bool:
        """Whether a host belongs to the site, itself or below one of its domains."""
        return host in self.hosts or any(host.endswith(f".{own}") for own in self.hosts)


class Sites:
    """All sites by id; `refresh` reads them anew."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._sites: dict[int, SiteInfo] = {}
        self._missing: set[int] = set()
        self.version = 0  # counts how often everything was forgotten

    def get(self, site_id: int) -> SiteInfo | None:
        """A site by id; None for one that was deleted. Unknown ids are looked up once."""
        found = self._sites.get(site_id)
        if found is None and site_id not in self._missing:
            self._read("WHERE s.id = %s", [site_id])
            found = self._sites.get(site_id)
            if found is None:
                self._missing.add(site_id)
        return found

    def refresh(self) -> None:
        """Forget everything; sites are read again as their events come."""
        self._sites.clear()
        self._missing.clear()
        self.version += 1

    def _read(self, where: str, params: list[Any]) -> None:
        for row in self._connection.execute(_QUERY + where, params).fetchall():
            info = site_info(*row)
            self._sites[info.id] = info


def site_info(
    site_id: int, organization_id: int, zone: str, currency: str, domains: list[str], cross_domains: list[str],
    settings: dict[str, Any], detected_at: Any, folded: list[list[int]], goals: list[list[Any]],
) -> SiteInfo:
    """A site from its columns."""
    options = SiteSettings.from_json(settings)
    hosts = [normal_host(host) for host in [*domains, *cross_domains]]
    return SiteInfo(
        id=site_id, organization_id=organization_id, clock=clock_of(zone), currency=currency,
        hosts=frozenset(hosts), root=root_of(hosts[0]) if hosts else "", options=options,
        detected=detected_at is not None,
        cookies=options.consent != ConsentMode.COOKIELESS, folded={(grain, start) for grain, start in folded},
        goals=goals_of(goals),
    )
