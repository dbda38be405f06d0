"""From what was sent to a hit: times repaired, address taken apart, visitor marked, robots and spam left out."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from apps.analytics.enrichment.addresses import address_of, without_controls
from apps.analytics.enrichment.agents import Agent, agent_of, device_on_screen
from apps.analytics.enrichment.faults import masked
from apps.analytics.enrichment.places import NOWHERE, Places, truncated
from apps.analytics.enrichment.referrers import is_spam
from apps.analytics.enrichment.words import same
from apps.analytics.enums import Drop, EventFlag, Origin
from apps.analytics.pipeline.hits import Envelope, Hit
from apps.analytics.pipeline.marks import event_mark, signed
from apps.analytics.pipeline.salts import Salts
from apps.analytics.pipeline.sites import SiteInfo

OLDEST_MS = 7 * 86_400_000
AHEAD_MS = 5 * 60_000
LONGEST_ENGAGED = 86_400_000
MONEY = Decimal("10000")
MOST_MARKS = 100_000
Who = tuple[int, str, str, str]  # site, address, user agent, root domain
_NOBODY = Agent()
_CONVERSION, _REPAIRED, _SERVER = int(EventFlag.CONVERSION), int(EventFlag.CLOCK_REPAIRED), int(EventFlag.SERVER_SIDE)
_TEST, _STRANGE_HOST, _CONSENTED = int(EventFlag.TEST), int(EventFlag.UNKNOWN_HOST), int(EventFlag.CONSENTED)
_ASSUMED = int(EventFlag.CURRENCY_ASSUMED)


class Dropped(Exception):
    """The event is understood and not counted."""

    def __init__(self, reason: Drop, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Enricher:
    """Turns events of one envelope after the other into hits."""

    def __init__(self, salts: Salts, places: Places) -> None:
        self._salts = salts
        self._places = places
        self._tech: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._marks: dict[tuple[Who, int], int] = {}

    def hit(self, envelope: Envelope, site: SiteInfo, sent: dict[str, Any], number: int) -> Hit:
        """One event; raises Dropped for what is not counted."""
        hit = Hit()
        get, server = sent.get, envelope.origin == Origin.SERVER
        hit.site, hit.name, hit.received = site, _text(sent["name"], 64), envelope.received
        hit.raw = (envelope, sent, number)
        flags = _SERVER if server else 0
        if test := get("test"):
            flags |= _TEST
        agent = self._agent(envelope, sent, server, bool(test))
        hit.at, repaired = _time(get("ts"), get("sent"), envelope.received)
        hit.day = site.clock.day_of(hit.at)
        if repaired:
            flags |= _REPAIRED
        flags |= self._page(hit, get)
        if hit.name in site.conversions:
            flags |= _CONVERSION
        consent = get("consent")
        if consent:
            flags |= _CONSENTED
        hit.flags = flags
        self._visitor(hit, envelope, get, server, consent)
        hit.place = NOWHERE if server and not hit.ip else self._places.place_of(hit.ip, get("tz") or "")
        hit.tech = self._technology(agent, get("sw"), get("sh"), get("lang"))
        _measures(hit, sent)
        order = hit.order_id if hit.name == "purchase" else ""
        given = f"purchase-{order}" if order else get("id")
        hit.is_order, hit.has_id = bool(order), bool(given)
        hit.id = event_mark(site.id, given or f"\0{envelope.id}.{number}")
        return hit

    def _agent(self, envelope: Envelope, sent: dict[str, Any], server: bool, test: bool) -> Agent:
        text = str(sent.get("ua") or "") if server else envelope.ua
        if server and not text:
            return _NOBODY
        agent = agent_of(text)
        if agent.bot and not test:
            raise Dropped(Drop.BOT, agent.bot)
        return agent

    @staticmethod
    def _page(hit: Hit, get: Any) -> int:
        site, url = hit.site, get("url")
        hit.address, hit.campaign = None, None
        if url:
            hit.address = address_of(url, site.options.hash)
            hit.campaign = hit.address.campaign
        hit.title = _text(get("title") or "", 300)
        hit.referrer = referrer = masked(_text(get("ref") or "", 1000))
        if referrer and is_spam(address_of(referrer).host):
            raise Dropped(Drop.SPAM, address_of(referrer).host)
        if hit.address and site.hosts and hit.address.host not in site.hosts and not site.owns(hit.address.host):
            if site.options.only_known_hosts or hit.address.host in site.options.refused_hosts:
                raise Dropped(Drop.HOSTNAME, hit.address.host[:60])
            return _STRANGE_HOST
        return 0

    def _visitor(self, hit: Hit, envelope: Envelope, get: Any, server: bool, consent: Any) -> None:
        site, uid, vid = hit.site, get("uid"), get("vid")
        hit.uid = _text(str(uid), 128) if uid else ""
        traits = get("traits")
        hit.traits = traits if traits and isinstance(traits, dict) else None
        hit.vid = vid = vid if vid and consent is not False and (site.cookies or server) else ""
        ip = str(get("ip") or "") if server else envelope.ip
        if site.options.truncate_ip and ip:
            ip = truncated(ip)
        hit.ip = ip
        hit.who = None
        if vid:
            hit.visitor = signed(f"v\0{site.id}\0{vid}".encode("utf-8", "replace")) or 1
        elif server and hit.uid:
            hit.visitor = user_mark(site.id, hit.uid)
        elif ip:
            host = hit.address.root if hit.address is not None else ""
            root = site.root if not host or host == site.root or site.owns(host) else host
            hit.who = (site.id, ip, str(get("ua") or "") if server else envelope.ua, root)
            hit.visitor = self._daily_mark(hit.who, salt_day(hit))
        else:
            hit.visitor = 0

    def _daily_mark(self, who: Who, day: int) -> int:
        key = (who, day)
        found = self._marks.get(key)
        if found is None:
            if len(self._marks) > MOST_MARKS:
                self._marks.clear()
            text = "\0".join((str(who[0]), *who[1:])).encode("utf-8", "replace")
            found = self._marks[key] = signed(text, self._salts.of(day)) or 1
        return found

    def before(self, hit: Hit) -> int:
        """The mark the visitor had on the day before; 0 for one whose mark does not change with the day."""
        return self._daily_mark(hit.who, salt_day(hit) - 1) if hit.who else 0

    def reset(self) -> None:
        """Make every mark anew: a salt that was made in a transaction that rolled back is not one."""
        self._marks.clear()

    def _technology(self, agent: Agent, width: Any, height: Any, language: Any) -> tuple[str, ...]:
        key = (agent, width, height, language)
        try:
            found = self._tech.get(key)
        except TypeError:
            key, found = (agent, 0, 0, ""), None
        if found is None:
            if len(self._tech) > 50_000:
                self._tech.clear()
            found = self._tech[key] = same(_technology(*key))
        return found


def user_mark(site_id: int, uid: str) -> int:
    """The mark of a user who is known to the owner's server and was never seen in a browser."""
    return signed(f"u\0{site_id}\0{uid}".encode("utf-8", "replace")) or 1


def salt_day(hit: Hit) -> int:
    """Which day's salt marks the visitor: that of the event, or of its arrival if the event's is long gone."""
    day = hit.day
    if hit.received < day.end:
        return day.ordinal
    arrived = hit.site.clock.day_of(hit.received).ordinal
    return day.ordinal if arrived - day.ordinal <= 1 else arrived


def _technology(agent: Agent, width: Any, height: Any, language: Any) -> tuple[str, ...]:
    sizes = isinstance(width, int) and isinstance(height, int) and 0 < width < 20_000 and 0 < height < 20_000
    device = device_on_screen(agent.device, agent.os, width, height) if sizes else agent.device
    tongue = str(language or "").replace("_", "-").split("-")[0].lower()[:3]
    return (
        device, agent.browser, agent.os, f"{width}×{height}" if sizes else "", tongue if tongue.isalpha() else "",
    )


def _time(ts: Any, sent: Any, received: int) -> tuple[int, bool]:
    """When it happened by our clock, and whether the sender's could not be believed."""
    if not isinstance(ts, (int, float)) or isinstance(ts, bool):
        return received, False
    at = int(ts)
    if isinstance(sent, (int, float)) and not isinstance(sent, bool):
        at += received - int(sent)
    if received - OLDEST_MS <= at <= received + AHEAD_MS:
        return min(at, received), False
    return received, True


def _measures(hit: Hit, sent: dict[str, Any]) -> None:
    hit.engaged, hit.revenue, hit.currency, hit.order_id = 0, 0, "", ""
    hit.scroll = hit.props = hit.items = hit.vitals = None
    hit.is_bare = True
    for key, value in sent.items():
        read = _READ.get(key)
        if read is not None and value is not None:
            read(hit, value)


def _engaged(hit: Hit, value: Any) -> None:
    hit.engaged = min(max(int(value), 0), LONGEST_ENGAGED)


def _scroll(hit: Hit, value: Any) -> None:
    hit.scroll = min(max(int(value), 0), 100)


def _props(hit: Hit, value: Any) -> None:
    if value and isinstance(value, dict):
        hit.props, hit.is_bare = value, False


def _items(hit: Hit, value: Any) -> None:
    if value and isinstance(value, list):
        hit.items, hit.is_bare = value, False


def _vitals(hit: Hit, value: Any) -> None:
    if value and isinstance(value, dict):
        hit.vitals, hit.is_bare = value, False


def _order(hit: Hit, value: Any) -> None:
    hit.order_id = _text(str(value), 128)


def _revenue(hit: Hit, value: Any) -> None:
    if value:
        hit.revenue, hit.currency = _money(value, hit.site.currency)
        if hit.currency and not value.get("currency"):
            hit.flags |= _ASSUMED


_READ = {
    "eng": _engaged, "scroll": _scroll, "props": _props, "items": _items, "vitals": _vitals, "order_id": _order,
    "revenue": _revenue,
}


def _money(revenue: Any, currency: str) -> tuple[int, str]:
    try:
        amount = int(Decimal(str(revenue["amount"])) * MONEY)
        return amount, str(revenue.get("currency") or currency).upper()[:3]
    except (InvalidOperation, KeyError, TypeError, ValueError, OverflowError):
        return 0, ""


def _text(text: str, longest: int) -> str:
    return without_controls(text[:longest]) if text else ""
