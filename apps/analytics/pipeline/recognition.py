"""Which businesses the new visits of a batch come from. The address is looked up in memory and goes no further, unless
the site asks for its name: then it waits, encrypted, in a row that is gone within minutes.

Nothing is remembered between batches: an owner's correction holds from the next batch on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from apps.analytics.enrichment.network_kinds import NOTHING, Verdict, kind_of
from apps.analytics.enrichment.networks import Network, Networks
from apps.analytics.enums import COMPANY_KINDS, CompanyMode, NetworkKind
from apps.analytics.pipeline.clock import moment_of
from apps.analytics.pipeline.hits import Hit
from apps.core.encryption import encrypt

_OFF, _NAMES = str(CompanyMode.OFF), str(CompanyMode.NAMES)
_DAYS = """
INSERT INTO analytics_networkday AS d (organization_id, site_id, day, kind, visits) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (site_id, day, kind) DO UPDATE SET visits = d.visits + excluded.visits
"""
COMPANIES = """
INSERT INTO analytics_company AS c (organization_id, key, name, domain, industry, size, country, city, network,
    network_name, kind, confidence, reason, reason_detail, own, first_seen_at, last_seen_at, visits, pageviews, score,
    temperature)
SELECT r.organization_id, r.key, r.name, r.domain, '', '', r.country, '', r.network, r.network_name, r.kind,
    r.confidence, r.reason, r.reason_detail, '[]', r.first_seen, r.last_seen, 0, 0, 0, 'cold'
FROM jsonb_to_recordset(%s) r(organization_id bigint, key text, name text, domain text, country text, network bigint,
    network_name text, kind text, confidence text, reason text, reason_detail text, first_seen timestamptz,
    last_seen timestamptz)
ORDER BY r.organization_id, r.key
ON CONFLICT (organization_id, key) DO UPDATE SET first_seen_at = least(c.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(c.last_seen_at, excluded.last_seen_at)
RETURNING organization_id, key, id, kind, merged_into_id
"""
_TARGETS = "SELECT id, kind FROM analytics_company WHERE id = ANY(%s)"
_VISITS = """
INSERT INTO analytics_companyvisit (session_id, organization_id, site_id, company_id, kind)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (session_id) DO NOTHING
"""
_LOOKUPS = """
INSERT INTO analytics_addresslookup (session_id, organization_id, site_id, network, network_name, kind, country,
    address, seen_at, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now()) ON CONFLICT (session_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A new visit and the network it comes from."""

    hit: Hit
    session_id: int
    network: Network | None
    verdict: Verdict

    @property
    def key(self) -> tuple[int, str]:
        """The company, if it is one."""
        return self.hit.site.organization_id, f"as:{self.network.number if self.network else 0}"


class Recognition:
    """Looks networks up for the pipeline, and writes companies in its transaction."""

    def __init__(self, connection: Any, networks: Networks) -> None:
        self._connection = connection
        self._networks = networks

    def run(self, batch: Any) -> None:
        """Every visit that begins in this batch, once."""
        arrivals = self._arrivals(batch.hits)
        if not arrivals:
            return
        with self._connection.cursor() as cursor:
            self._count(cursor, arrivals)
            companies = [arrival for arrival in arrivals if arrival.verdict.kind in COMPANY_KINDS]
            if companies:
                self._write(cursor, companies)
            if not batch.history:
                self._ask_names(cursor, arrivals)

    def _arrivals(self, hits: list[Hit]) -> list[_Arrival]:
        """The first hit of each new visit whose site wants companies recognised and whose address is known."""
        seen: set[int] = set()
        found = []
        for hit in hits:
            visit = hit.visit
            if visit is None or not visit.is_new or visit.id in seen or not hit.ip:
                continue
            seen.add(visit.id)
            if hit.site.options.companies == _OFF:
                continue
            network = self._networks.network_of(hit.ip)
            found.append(_Arrival(hit, visit.id, network, kind_of(network) if network else NOTHING))
        return found

    @staticmethod
    def _count(cursor: Any, arrivals: list[_Arrival]) -> None:
        counts = Counter(
            (arrival.hit.site.organization_id, arrival.hit.site.id, arrival.hit.day.ordinal, arrival.verdict.kind.value)
            for arrival in arrivals
        )
        cursor.executemany(_DAYS, [
            (org_id, site_id, date.fromordinal(day), kind, count)
            for (org_id, site_id, day, kind), count in sorted(counts.items())
        ])

    def _write(self, cursor: Any, arrivals: list[_Arrival]) -> None:
        rows: dict[tuple[int, str], dict[str, Any]] = {}
        for arrival in arrivals:
            at = moment_of(arrival.hit.at).isoformat()
            row = rows.setdefault(arrival.key, _row(arrival, at))
            row["first_seen"], row["last_seen"] = min(row["first_seen"], at), max(row["last_seen"], at)
        stored = cursor.execute(COMPANIES, [Jsonb(list(rows.values()))]).fetchall()
        places = place_visits(cursor, stored)
        cursor.executemany(_VISITS, [
            (arrival.session_id, arrival.hit.site.organization_id, arrival.hit.site.id, *places[arrival.key])
            for arrival in arrivals if arrival.key in places
        ])

    @staticmethod
    def _ask_names(cursor: Any, arrivals: list[_Arrival]) -> None:
        """Only where the site says so, of whole addresses, and never in data centres."""
        wanted = [
            arrival for arrival in arrivals
            if arrival.network is not None and arrival.verdict.kind is not NetworkKind.HOSTING
            and arrival.hit.site.options.companies == _NAMES and not arrival.hit.site.options.truncate_ip
        ]
        if wanted:
            cursor.executemany(_LOOKUPS, [
                (
                    arrival.session_id, arrival.hit.site.organization_id, arrival.hit.site.id, arrival.network.number,
                    arrival.network.name[:200], arrival.verdict.kind.value, arrival.hit.place[0],
                    encrypt(arrival.hit.ip), moment_of(arrival.hit.at),
                )
                for arrival in wanted if arrival.network is not None
            ])


def place_visits(cursor: Any, stored: list[tuple[Any, ...]]) -> dict[tuple[int, str], tuple[int, str]]:
    """Where visits of these companies go: (company, kind) by (organization, key). One that was merged goes to the
    other; one that is no company, by its owner's word, is left out."""
    merged = [row[4] for row in stored if row[4] is not None]
    targets = dict(cursor.execute(_TARGETS, [merged]).fetchall()) if merged else {}
    found = {}
    for org_id, key, company_id, kind, merged_into in stored:
        place = (merged_into, targets.get(merged_into, "")) if merged_into is not None else (company_id, kind)
        if place[1] in COMPANY_KINDS:
            found[(org_id, key)] = place
    return found


def _row(arrival: _Arrival, at: str) -> dict[str, Any]:
    network, verdict = arrival.network, arrival.verdict
    name = (network.name if network else "")[:200]
    return {
        "organization_id": arrival.hit.site.organization_id, "key": arrival.key[1], "name": name or arrival.key[1],
        "domain": "", "country": arrival.hit.place[0], "network": network.number if network else None,
        "network_name": name, "kind": verdict.kind.value, "confidence": verdict.confidence.value,
        "reason": verdict.reason, "reason_detail": verdict.detail[:253], "first_seen": at, "last_seen": at,
    }
