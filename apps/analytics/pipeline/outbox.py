"""Fills the outboxes of destinations, in the transaction that stores the events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import structlog
from django.utils.translation import gettext as _

from apps.analytics.delivery.mapping import Route
from apps.analytics.enums import ConsentRule, DeliveryState, EventFlag
from apps.analytics.pipeline.batch import Batch
from apps.analytics.pipeline.clock import moment_of
from apps.analytics.pipeline.hits import Hit
from apps.analytics.pipeline.outgoing import Known, outgoing
from apps.analytics.pipeline.sites import SiteInfo
from apps.analytics.providers.base import Outgoing, Skip, destinations

log = structlog.get_logger(__name__)
GIVE_UP_AFTER = timedelta(hours=3)
SKIPS_SHOWN = 20
LARGEST_PAYLOAD = 100_000
_TEST, _STRANGE_HOST = int(EventFlag.TEST), int(EventFlag.UNKNOWN_HOST)
_CONSENTED = int(EventFlag.CONSENTED)
_ROUTES = """
SELECT s.id, s.name, o.name, d.id, c.provider, c.config, d.events, d.consent FROM analytics_site s
JOIN accounts_organization o ON o.id = s.organization_id
LEFT JOIN analytics_destination d ON d.site_id = s.id AND d.is_enabled
LEFT JOIN core_connection c ON c.id = d.connection_id WHERE s.id = ANY(%s) ORDER BY d.id
"""
_SCRATCH = """
CREATE TEMP TABLE IF NOT EXISTS new_delivery (
    destination_id bigint, organization_id bigint, event_id text, name text, sent_as text, at timestamptz,
    payload jsonb, visitor bigint, state text, words text, created_at timestamptz, next_at timestamptz,
    expires_at timestamptz, finished_at timestamptz
) ON COMMIT DELETE ROWS
"""
_COLUMNS = "destination_id, organization_id, event_id, name, sent_as, at, payload, visitor, state, words, " \
    "created_at, next_at, expires_at, finished_at"
_QUEUE = """
INSERT INTO analytics_delivery (destination_id, organization_id, event_id, name, sent_as, at, payload, visitor, state,
    words, created_at, next_at, expires_at, finished_at, attempts, is_leased, log, status, answer)
SELECT n.*, 0, false, '[]', 0, '' FROM (
    SELECT w.* FROM new_delivery w JOIN analytics_destination d ON d.id = w.destination_id FOR KEY SHARE OF d
) AS n ON CONFLICT (destination_id, event_id) DO NOTHING
"""
_SKIPPED = """
INSERT INTO analytics_deliveryminute AS m (organization_id, destination_id, minute, sent, failed, retried, dead,
    skipped, requests, took_ms, took)
SELECT d.organization_id, d.id, %s, 0, 0, 0, %s, %s, 0, 0, '{}' FROM analytics_destination d WHERE d.id = %s
ON CONFLICT (destination_id, minute) DO UPDATE SET skipped = m.skipped + excluded.skipped, dead = m.dead + excluded.dead
"""


@dataclass(slots=True)
class _Fill:
    """What a batch puts into one destination's outbox."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    skipped: int = 0
    dead: int = 0


class Outbox:
    """Turns hits into rows of the outbox. Sites without destinations cost one look at the site."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fill(self, batch: Batch) -> None:
        """Everything this batch sends on. History is not: it happened long ago."""
        sites = {hit.site for hit in batch.hits}
        if unread := [site for site in sites if site.routes is None]:
            self._read(unread)
        busy = {site for site in sites if site.routes}
        if not busy or batch.history:
            return
        hits = [hit for hit in batch.hits if hit.site in busy and not hit.flags & _TEST]
        wanted = [hit for hit in hits if any(route.name_for(hit.name) for route in hit.site.routes)]
        known = Known(self._connection)
        known.remember(hit for hit in hits if _may_remember(hit))
        known.load(wanted)
        fills = self._filled(wanted, known, batch)
        self._write(fills, batch)

    def _read(self, sites: Iterable[SiteInfo]) -> None:
        by_id = {site.id: site for site in sites}
        for site in by_id.values():
            site.routes = ()
        rows = self._connection.execute(_ROUTES, [list(by_id)]).fetchall()
        for site_id, name, organization, pk, provider, config, events, consent in rows:
            site = by_id[site_id]
            site.name, site.organization = name, organization
            if pk is None:
                continue
            try:
                vendor = destinations.get(provider)(config, {})
            except KeyError:
                continue  # a vendor that is no longer part of Mainstay
            site.routes += (Route(pk, site.organization_id, vendor, events, consent),)

    def _filled(self, hits: list[Hit], known: Known, batch: Batch) -> dict[int, _Fill]:
        fills: dict[int, _Fill] = {}
        begun: set[int] = set()
        for hit in hits:
            visit = hit.visit
            first = bool(visit and visit.is_new and visit.started == hit.at and visit.id not in begun)
            if first and visit:
                begun.add(visit.id)
            event = outgoing(hit, hit.site.name, hit.site.organization, known, first)
            for route in hit.site.routes:
                if name := route.name_for(hit.name):
                    self._add(fills.setdefault(route.id, _Fill()), route, hit, event, name, batch.now)
        return fills

    def _add(self, fill: _Fill, route: Route, hit: Hit, event: Outgoing, name: str, now: int) -> None:
        created = moment_of(now)
        state, words, payload = DeliveryState.WAITING, "", b"{}"
        try:
            if hit.flags & _STRANGE_HOST:
                raise Skip(_("The page is on a host that does not belong to this site."))
            payload = orjson.dumps(route.payload(event, name, created), default=str).replace(b"\\u0000", b"")
            if len(payload) > LARGEST_PAYLOAD:
                raise Skip(_("The event is too large to be sent on."))
        except Skip as skip:
            state, words = DeliveryState.SKIPPED, str(skip)
            fill.skipped += 1
            if fill.skipped > SKIPS_SHOWN:
                return
        except Exception as error:  # whatever it is, it must not stop the counting
            log.exception("delivery.prepare_failed", destination=route.id, name=hit.name)
            state, words = DeliveryState.DEAD, f"{type(error).__name__}: {error}"[:500]
            fill.dead += 1
        waits = state == DeliveryState.WAITING
        fill.rows.append((
            route.id, route.organization_id, event.event_id, hit.name, name[:100], event.at, payload.decode(),
            hit.visitor, str(state), words.replace("\0", ""), created, created if waits else None,
            created + GIVE_UP_AFTER if waits else None, None if waits else created,
        ))

    def _write(self, fills: dict[int, _Fill], batch: Batch) -> None:
        rows = [row for fill in fills.values() for row in fill.rows]
        minute = moment_of(batch.now).replace(second=0, microsecond=0)
        with self._connection.cursor() as cursor:
            for pk, fill in sorted(fills.items()):
                if fill.skipped or fill.dead:
                    cursor.execute(_SKIPPED, [minute, fill.dead, fill.skipped, pk])
            if not rows:
                return
            cursor.execute(_SCRATCH)
            with cursor.copy(f"COPY new_delivery ({_COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(_QUEUE)
            cursor.execute("TRUNCATE new_delivery")  # one transaction may hold several batches
            cursor.execute("NOTIFY analytics_deliveries")


def _may_remember(hit: Hit) -> bool:
    """Which ad was clicked is kept of visitors who agreed, or where the owner sends everything on anyway."""
    return bool(hit.flags & _CONSENTED) or any(route.consent == ConsentRule.ALWAYS for route in hit.site.routes)
