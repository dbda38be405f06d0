"""From what was sent to a hit: times repaired, address taken apart, visitor marked, robots and spam left out.

What depends on the sender or on the page alone is worked out once for each (`senders`, `_page`), not once an event.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from apps.analytics.enrichment.addresses import Address, address_of, without_controls
from apps.analytics.enrichment.faults import flags_of, masked
from apps.analytics.enrichment.places import Places
from apps.analytics.enrichment.referrers import is_spam, known_host
from apps.analytics.enums import Drop, EventFlag, Origin
from apps.analytics.pipeline.hits import Envelope, Hit
from apps.analytics.pipeline.marks import event_mark, signed
from apps.analytics.pipeline.salts import Salts
from apps.analytics.pipeline.senders import Sender, Senders
from apps.analytics.pipeline.sites import SiteInfo

OLDEST_MS = 7 * 86_400_000
AHEAD_MS = 5 * 60_000
LONGEST_ENGAGED = 86_400_000
MONEY = Decimal("10000")
MOST_PAGES = 20_000  # of one site
_CONVERSION, _REPAIRED, _SERVER = int(EventFlag.CONVERSION), int(EventFlag.CLOCK_REPAIRED), int(EventFlag.SERVER_SIDE)
_TEST, _STRANGE_HOST, _CONSENTED = int(EventFlag.TEST), int(EventFlag.UNKNOWN_HOST), int(EventFlag.CONSENTED)
_ASSUMED, _COOKIES = int(EventFlag.CURRENCY_ASSUMED), int(EventFlag.COOKIES_ALLOWED)
_FROM_SERVER = int(Origin.SERVER)


class Dropped(Exception):
    """The event is understood and not counted."""

    def __init__(self, reason: Drop, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Enricher:
    """Turns events of one envelope after the other into hits."""

    def __init__(self, salts: Salts, places: Places) -> None:
        self._senders = Senders(salts, places)

    def hit(self, envelope: Envelope, site: SiteInfo, sent: dict[str, Any], number: int) -> Hit:
        """One event; raises Dropped for what is not counted."""
        hit, get = Hit(), sent.get
        serial, received, _site, origin, ip, ua, _body = envelope
        server, flags, consent = origin == _FROM_SERVER, 0, get("consent")
        hit.site, hit.name, hit.received = site, _name(sent["name"]), received
        hit.raw = (envelope, sent, number)
        if server:
            flags, ip, ua = _SERVER, str(get("ip") or ""), str(get("ua") or "")
        elif site.cookies:
            flags = _COOKIES
        if test := get("test"):
            flags |= _TEST
        sender = self._senders.of(site, server, ip, ua, get("tz"), get("sw"), get("sh"), get("lang"))
        if sender.agent.bot and not test:
            raise Dropped(Drop.BOT, sender.agent.bot)
        hit.at, repaired = (received, False) if (ts := get("ts")) is None else _time(ts, get("sent"), received)
        hit.day = site.clock.day_of(hit.at)
        if repaired:
            flags |= _REPAIRED
        root, strange = _at(hit, get("url"))
        title = get("title")
        hit.title = _text(title, 300) if title else ""
        hit.referrer = _referrer(ref) if (ref := get("ref")) else ""
        flags |= strange
        if hit.name == "purchase":
            flags |= _CONVERSION
        if consent:
            flags |= _CONSENTED
        hit.flags, hit.ip, hit.place, hit.tech = flags, sender.ip, sender.place, sender.tech
        self._visitor(hit, sender, root, get, server, consent)
        _measures(hit, sent)
        if site.goals:
            _reach(hit)
        order = hit.order_id if hit.name == "purchase" else ""
        given = f"purchase-{order}" if order else get("id")
        hit.is_order, hit.has_id = bool(order), bool(given)
        hit.id = event_mark(site.id, given or f"\0{serial}.{number}")
        return hit

    def _visitor(self, hit: Hit, sender: Sender, root: str, get: Any, server: bool, consent: Any) -> None:
        site, uid, vid = hit.site, get("uid"), get("vid")
        hit.uid = _text(str(uid), 128) if uid else ""
        hit.traits = traits if (traits := get("traits")) and isinstance(traits, dict) else None
        hit.vid = vid = vid if vid and consent is not False and (site.cookies or server) else ""
        hit.who = None
        if vid:
            hit.visitor = signed(f"v\0{site.id}\0{vid}".encode("utf-8", "replace")) or 1
        elif server and hit.uid:
            hit.visitor = user_mark(site.id, hit.uid)
        elif sender.ip:
            hit.who = who = (sender, root)
            hit.visitor = self._senders.mark(who, salt_day(hit))
        else:
            hit.visitor = 0

    def before(self, hit: Hit) -> int:
        """The mark the visitor had on the day before; 0 for one whose mark does not change with the day."""
        return self._senders.mark(hit.who, salt_day(hit) - 1) if hit.who else 0

    def lookups(self) -> dict[str, int]:
        """How often a place, browser or source was known already and how often it was looked up, since the start."""
        info = known_host.cache_info()
        return {**self._senders.lookups(), "referrers_hits": info.hits, "referrers_misses": info.misses}

    def reset(self) -> None:
        """Make every mark anew: a salt that was made in a transaction that rolled back is not one."""
        self._senders.clear()


def _at(hit: Hit, url: Any) -> tuple[str, int]:
    """Where it happened: sets the address; returns the domain that visitors are told apart for, and flags."""
    site = hit.site
    if not url:
        hit.address = hit.campaign = None
        return site.root, 0
    page = site.pages.get(url)
    if page is None:
        page = _page(site, url)
    hit.address, root, strange = page
    hit.campaign = hit.address.campaign
    return root, strange


def _page(site: SiteInfo, url: str) -> tuple[Address, str, int]:
    address = address_of(url, site.options.hash)
    strange = flags_of(address.faults) if address.faults else 0
    if site.hosts and address.host not in site.hosts and not site.owns(address.host):
        if site.options.only_known_hosts or address.host in site.options.refused_hosts:
            raise Dropped(Drop.HOSTNAME, address.host[:60])
        strange |= _STRANGE_HOST
    own = not address.root or address.root == site.root or site.owns(address.root)
    if len(site.pages) >= MOST_PAGES:
        site.pages.clear()
    page = site.pages[url] = (address, site.root if own else address.root, strange)
    return page


def _referrer(text: str) -> str:
    text = masked(_text(text, 1000))
    host = address_of(text).host
    if is_spam(host):
        raise Dropped(Drop.SPAM, host)
    return text


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


def _reach(hit: Hit) -> None:
    """The goals this hit reaches; one that counts as a conversion makes the hit one."""
    hit.goals = tuple(goal for goal in hit.site.goals if goal.reached_by(hit))
    if any(goal.is_conversion for goal in hit.goals):
        hit.flags |= _CONVERSION


def _measures(hit: Hit, sent: dict[str, Any]) -> None:
    hit.engaged, hit.revenue, hit.currency, hit.order_id = 0, 0, "", ""
    hit.scroll = hit.props = hit.items = hit.vitals = None
    hit.is_bare = True
    if _MEASURED.isdisjoint(sent):
        return
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
_MEASURED = frozenset(_READ)


def _money(revenue: Any, currency: str) -> tuple[int, str]:
    try:
        amount = int(Decimal(str(revenue["amount"])) * MONEY)
        return amount, str(revenue.get("currency") or currency).upper()[:3]
    except (InvalidOperation, KeyError, TypeError, ValueError, OverflowError):
        return 0, ""


def _text(text: str, longest: int) -> str:
    if len(text) > longest:
        text = text[:longest]
    return text if text.isprintable() else without_controls(text)


@lru_cache(maxsize=10_000)
def _name(text: str) -> str:
    return _text(text, 64)
