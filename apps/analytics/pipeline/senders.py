"""What is known of whoever sends: place, equipment and the marks of the days, worked out once for each."""

from __future__ import annotations

from typing import Any

from apps.analytics.enrichment.agents import Agent, agent_of, device_on_screen
from apps.analytics.enrichment.places import NOWHERE, Place, Places, truncated
from apps.analytics.enrichment.words import same
from apps.analytics.pipeline.marks import signed
from apps.analytics.pipeline.salts import Salts
from apps.analytics.pipeline.sites import SiteInfo

MOST = 100_000
_NOBODY = Agent()
Technology = tuple[str, str, str, str, str]


class Sender:
    """A browser, or a server speaking for one, at one site. `marks` are kept by root domain and day."""

    __slots__ = ("agent", "ip", "marks", "place", "site_id", "tech", "ua")

    def __init__(self, site_id: int, ip: str, ua: str, agent: Agent, place: Place, tech: Technology) -> None:
        self.site_id, self.ip, self.ua, self.agent, self.place, self.tech = site_id, ip, ua, agent, place, tech
        self.marks: dict[tuple[str, int], int] = {}


class Senders:
    """Senders by all that tells them apart; forgotten and begun anew when there are too many."""

    def __init__(self, salts: Salts, places: Places) -> None:
        self._salts = salts
        self._places = places
        self._known: dict[tuple[Any, ...], Sender] = {}
        self._tech: dict[tuple[Any, ...], Technology] = {}

    def of(
        self, site: SiteInfo, server: bool, ip: str, ua: str, zone: Any, width: Any, height: Any, language: Any
    ) -> Sender:
        """The sender of an event. Sizes and languages that make no sense count as none."""
        key = (site, server, ip, ua, zone, width, height, language)
        try:
            found = self._known.get(key)
        except TypeError:
            return self._made(site, server, ip, ua, zone, 0, 0, "")
        if found is None:
            if len(self._known) >= MOST:
                self._known.clear()
            found = self._known[key] = self._made(*key)
        return found

    def _made(
        self, site: SiteInfo, server: bool, ip: str, ua: str, zone: Any, width: Any, height: Any, language: Any
    ) -> Sender:
        agent = _NOBODY if server and not ua else agent_of(ua)
        if site.options.truncate_ip and ip:
            ip = truncated(ip)
        place = NOWHERE if server and not ip else self._places.place_of(ip, zone or "")
        return Sender(site.id, ip, ua, agent, place, self._technology(agent, width, height, language))

    def _technology(self, *key: Any) -> Technology:
        found = self._tech.get(key)
        if found is None:
            if len(self._tech) > 50_000:
                self._tech.clear()
            found = self._tech[key] = same(_technology(*key))
        return found

    def mark(self, who: tuple[Sender, str], day: int) -> int:
        """The mark of a visitor without a cookie on a day (ordinal), for one root domain. Never 0."""
        sender, root = who
        found = sender.marks.get((root, day))
        if found is None:
            text = f"{sender.site_id}\0{sender.ip}\0{sender.ua}\0{root}".encode("utf-8", "replace")
            found = sender.marks[(root, day)] = signed(text, self._salts.of(day)) or 1
        return found

    def lookups(self) -> dict[str, int]:
        """How often the place or browser of a sender not yet known was in memory, and how often it was looked up."""
        found = {}
        for name, cached in (("places", self._places.place_of), ("agents", agent_of)):
            info = cached.cache_info()
            found |= {f"{name}_hits": info.hits, f"{name}_misses": info.misses}
        return found

    def clear(self) -> None:
        """Forget everybody, and with them their marks."""
        self._known.clear()


def _technology(agent: Agent, width: Any, height: Any, language: Any) -> Technology:
    sizes = isinstance(width, int) and isinstance(height, int) and 0 < width < 20_000 and 0 < height < 20_000
    device = device_on_screen(agent.device, agent.os, width, height) if sizes else agent.device
    tongue = str(language or "").replace("_", "-").split("-")[0].lower()[:3]
    return (
        device, agent.browser, agent.os, f"{width}×{height}" if sizes else "", tongue if tongue.isalpha() else "",
    )
