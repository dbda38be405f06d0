"""A hit as destinations may see it, with what is known of its visitor from before: who it is, which ad was clicked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from psycopg.types.json import Jsonb

from apps.analytics.enums import EventFlag
from apps.analytics.pipeline.clock import moment_of
from apps.analytics.pipeline.hits import Hit
from apps.analytics.providers.base import Outgoing

CLICK_IDS = frozenset({
    "gclid", "gbraid", "wbraid", "dclid", "fbclid", "fbc", "fbp", "ttclid", "ttp", "li_fat_id", "msclkid",
})
TRAITS = ("email", "phone", "first_name", "last_name", "street", "city", "region", "postcode", "country")
ITEM = {"id": "id", "item_id": "id", "sku": "id", "name": "name", "item_name": "name", "category": "category",
        "price": "price", "quantity": "quantity"}
LONGEST_ID = 500
_MONEY = Decimal("10000")
_SERVER, _CONSENTED = int(EventFlag.SERVER_SIDE), int(EventFlag.CONSENTED)
_UTM = ("source", "medium", "campaign", "term", "content")  # as in a visit's acquisition, after the channel
_CLICKS = """
SELECT site_id, visitor, ids FROM analytics_visitorclick c
JOIN unnest(%s::bigint[], %s::bigint[]) AS k(site, mark) ON c.site_id = k.site AND c.visitor = k.mark
"""
_REMEMBER = """
INSERT INTO analytics_visitorclick AS c (organization_id, site_id, visitor, ids, seen_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (site_id, visitor) DO UPDATE SET ids = c.ids || excluded.ids, seen_at = excluded.seen_at
"""
_TRAITS = """
SELECT i.site_id, i.visitor, i.uid, i.traits FROM analytics_identity i
JOIN unnest(%s::bigint[], %s::bigint[]) AS k(site, mark) ON i.site_id = k.site AND i.visitor = k.mark
ORDER BY i.seen_at
"""
Key = tuple[int, int]


class Known:
    """What was learned of visitors before, read once for a batch."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.clicks: dict[Key, dict[str, str]] = {}
        self.people: dict[Key, tuple[str, dict[str, Any]]] = {}

    def load(self, hits: Iterable[Hit]) -> None:
        """Have the visitors of these hits at hand."""
        keys = list({(hit.site.id, hit.visitor) for hit in hits if hit.visitor})
        if not keys:
            return
        params = [[site for site, _ in keys], [mark for _, mark in keys]]
        for site, visitor, ids in self._connection.execute(_CLICKS, params).fetchall():
            self.clicks[(site, visitor)] = ids
        for site, visitor, uid, traits in self._connection.execute(_TRAITS, params).fetchall():
            self.people[(site, visitor)] = (uid, traits)

    def remember(self, hits: Iterable[Hit]) -> None:
        """Keep the marks of ad clicks that stand in the addresses of these pages."""
        rows = [
            (hit.site.organization_id, hit.site.id, hit.visitor, Jsonb(ids), moment_of(hit.at))
            for hit in hits if hit.visitor and (ids := click_ids(hit.raw[1]))
        ]
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(_REMEMBER, rows)


def click_ids(sent: Mapping[str, Any]) -> dict[str, str]:
    """The marks of ad clicks that came with an event: in its page's address, or named by the sender."""
    found: dict[str, str] = {}
    url, given = sent.get("url"), sent.get("click_ids")
    if isinstance(url, str) and "?" in url:
        try:
            pairs = parse_qsl(urlsplit(url).query[:4000], errors="replace")
        except ValueError:
            pairs = []
        found.update((key, value[:LONGEST_ID]) for key, value in pairs if key in CLICK_IDS and value)
    if isinstance(given, dict):
        found.update((key, str(value)[:LONGEST_ID]) for key, value in given.items() if key in CLICK_IDS and value)
    return {key: value.replace("\0", "") for key, value in found.items()}


def outgoing(hit: Hit, site_name: str, organization: str, known: Known, first: bool) -> Outgoing:
    """The whole event. `first`: whether it began its visit."""
    envelope, sent, _number = hit.raw
    get, site, address, visit = sent.get, hit.site, hit.address, hit.visit
    key = (site.id, hit.visitor)
    uid, traits = known.people.get(key, ("", {}))
    server = bool(hit.flags & _SERVER)
    return Outgoing(
        organization_id=site.organization_id, organization=organization, site_id=site.id, site=site_name,
        event_id=event_id(hit), name=hit.name, at=_moment(hit.at), received_at=_moment(hit.received),
        url=str(get("url") or "")[:4096], host=address.host if address else "", path=address.path if address else "",
        title=hit.title, referrer=hit.referrer, visitor=hit.vid or (_hex(hit.visitor) if hit.visitor else ""),
        session_id=visit.id & (1 << 52) - 1 if visit else 0, engaged_ms=hit.engaged, is_first_in_session=first,
        uid=hit.uid or uid, traits=_traits({**traits, **(hit.traits or {})}), ip=hit.ip,
        user_agent=str(get("ua") or "") if server else envelope.ua, language=str(get("lang") or "")[:35],
        country=hit.place[0], click_ids={**known.clicks.get(key, {}), **click_ids(sent)},
        utm=dict(zip(_UTM, visit.acquisition[1:6], strict=True)) if visit else {},
        consent=bool(hit.flags & _CONSENTED), server_side=server, order_id=hit.order_id,
        value=Decimal(hit.revenue) / _MONEY if hit.currency else None, currency=hit.currency,
        items=[_item(item) for item in hit.items or () if isinstance(item, dict)], props=hit.props or {},
    )


def event_id(hit: Hit) -> str:
    """The id under which it counts once: the one its sender gave, which the vendor's own pixel may have used too."""
    given = hit.raw[1].get("id")
    if isinstance(given, str) and given:
        return given[:64].replace("\0", "")
    if hit.is_order:
        return f"purchase-{hit.order_id}"
    return _hex(hit.id)


def _hex(mark: int) -> str:
    return f"{mark & (1 << 64) - 1:016x}"


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _traits(given: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(given[key])[:300] for key in TRAITS if given.get(key) not in (None, "")}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {ITEM[key]: value for key, value in item.items() if key in ITEM and value is not None}
