"""Events on their way to open pages: what the pipeline hands out after a batch was committed, and where it stands.

A site is handed out only while somebody watches it: its watch key holds the name of its stream and expires, and a
batch costs one look at the keys of its sites. A stream is capped, and each entry says how many events were handed out
up to its end, so that a page which comes back can be told how many it missed beyond the cap. There is no address, no
user id and no property in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
import structlog

from apps.analytics.enums import EventFlag
from apps.core import cache as store
from apps.metrics import live

log = structlog.get_logger(__name__)

WATCH_SECONDS = 300  # for so long a page may be away and still get everything
MOST_ENTRIES = 5000
EVENTS_AN_ENTRY = 10
_MONEY = 10_000
_CONVERSION, _TEST = int(EventFlag.CONVERSION), int(EventFlag.TEST)
_ADD = """
local n = redis.call('INCRBY', KEYS[2], ARGV[3])
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], '*', 'n', n, 'rows', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
"""


def watch_key(site_id: int) -> str:
    """Where it says under which name a site's events are handed out; absent while nobody watches."""
    return f"{live.namespace()}:watch:{site_id}"


def stream_key(site_id: int, name: str) -> str:
    """The stream of a site under a name; with `:count` behind it, how many events went into it."""
    return f"{live.namespace()}:stream:{site_id}:{name}"


def publish(hits: Sequence[Any]) -> None:
    """Hand out the events of a committed batch, where somebody watches. Never raises: they are counted already."""
    try:
        sites = sorted({hit.site.id for hit in hits})
        names = store.ask(lambda client: client.mget([watch_key(site) for site in sites]), []) if sites else []
        watched = {site: name.decode() for site, name in zip(sites, names, strict=False) if name}
        if not watched:
            return
        by_site = defaultdict(list)
        for hit in hits:
            if hit.site.id in watched:
                by_site[hit.site.id].append(row_of(hit))
        store.ask(lambda client: _add(client, watched, by_site), None)
    except Exception:
        log.exception("stream.publish_failed")


def _add(client: Any, watched: dict[int, str], by_site: dict[int, list[dict[str, Any]]]) -> None:
    with client.pipeline(transaction=False) as pipe:
        for site, rows in by_site.items():
            key = stream_key(site, watched[site])
            for start in range(0, len(rows), EVENTS_AN_ENTRY):
                part = rows[start : start + EVENTS_AN_ENTRY]
                pipe.eval(_ADD, 2, key, f"{key}:count", MOST_ENTRIES, 2 * WATCH_SECONDS, len(part), orjson.dumps(part))
        pipe.execute()


def row_of(hit: Any) -> dict[str, Any]:
    """What a page shows of an event of the pipeline."""
    visit, money = hit.visit, bool(hit.currency and hit.revenue)
    country, device = hit.place[0], hit.tech[0]
    return {
        "id": str(hit.id), "at": hit.at, "name": hit.name, "path": hit.address.path if hit.address else "",
        "title": hit.title, "country": country, "device": device,
        "channel": visit.acquisition[0] if visit else "", "source": visit.acquisition[1] if visit else "",
        "value": str(Decimal(hit.revenue) / _MONEY) if money else "", "currency": hit.currency if money else "",
        "visitor": visitor_mark(hit.visitor), "visit": str(visit.id if visit else 0),
        "goal": bool(hit.flags & _CONVERSION), "test": bool(hit.flags & _TEST),
    }


def visitor_mark(visitor: int) -> str:
    """Six letters and digits to tell visitors apart by on a page; empty for nobody in particular."""
    return f"{visitor & 0xFFFFFF:06x}" if visitor else ""
