"""Asking for the names of addresses that wait: one by one, in a worker, each at most once. The row with the address is
deleted with its answer; what nobody could answer within a quarter of an hour is deleted unanswered."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from psycopg.types.json import Jsonb

from apps.analytics.contracts import CompanyFact
from apps.analytics.enrichment.host_names import company_domain, is_look_alike, matches_name
from apps.analytics.enums import COMPANY_KINDS, Confidence, NetworkKind
from apps.analytics.models import AddressLookup, Company, CompanyVisit, LookupDay
from apps.analytics.providers.companies.base import company_lookups
from apps.analytics.providers.companies.reverse_dns import NoAnswer, checked_name
from apps.core.connections.state import note_failure, note_ok
from apps.core.encryption import UnreadableSecret
from apps.core.models import Connection
from apps.core.providers import ProviderError

KEEP = timedelta(minutes=15)
REMEMBERED_SECONDS = 30 * 86_400
NOTHING_SECONDS = 7 * 86_400
QUOTA_SECONDS = 3600
TURN_SECONDS = 20.0
MOST = 200
KIND = "company_lookup"


def lookups_due() -> int:
    """Answer what waits in the organization in scope, for at most twenty seconds; returns how many were answered."""
    lookups_expire()
    until, done = monotonic() + TURN_SECONDS, 0
    for session_id in AddressLookup.objects.order_by("created_at").values_list("session_id", flat=True)[:MOST]:
        if monotonic() > until:
            break
        done += lookup_answer(session_id)
    return done


def lookups_expire() -> int:
    """Delete the addresses that have waited too long; returns how many."""
    gone = AddressLookup.objects.filter(created_at__lt=timezone.now() - KEEP).delete()[0]
    _note(expired=gone)
    return gone


def lookup_answer(session_id: int) -> int:
    """Ask for one address outside of any transaction, then write and delete in one; returns 1 when it was there."""
    row = _waiting(session_id)
    if row is None:
        return 0
    fact, outcome = _asked(row)
    with transaction.atomic():
        if AddressLookup.objects.filter(session_id=session_id).delete()[0] and fact is not None:
            _take_over(row, fact)
    _note(**{outcome: 1})
    return 1


def _waiting(session_id: int) -> AddressLookup | None:
    try:
        return AddressLookup.objects.filter(session_id=session_id).first()
    except UnreadableSecret:  # its key is gone: nobody can look it up any more
        AddressLookup.objects.filter(session_id=session_id).delete()
        return None


def _asked(row: AddressLookup) -> tuple[CompanyFact | None, str]:
    """The fact and what to count: remembered, found, nameless or failed."""
    key = _key(row.organization_id, row.address)
    known = cache.get(key)
    if known is not None:
        return (CompanyFact(**known) if known else None), "remembered"
    fact, failed = _of_service(row.address)
    if fact is None or not fact.is_own:
        named, silent = _of_name(row)
        fact, failed = named or fact, failed or silent
    if fact is None and failed:
        return None, "failed"
    values = {name: getattr(fact, name) for name in CompanyFact.__slots__} if fact else {}
    cache.set(key, values, REMEMBERED_SECONDS if fact else NOTHING_SECONDS)
    return fact, "found" if fact else "nameless"


def _of_service(address: str) -> tuple[CompanyFact | None, bool]:
    """What a connected service says; its failures are written down at the connection, which then rests."""
    connected = Connection.objects.filter(kind=KIND).exclude(status=Connection.Status.PAUSED).order_by("id").first()
    if connected is None:
        return None, False
    resting = connected.next_attempt_at and connected.next_attempt_at > timezone.now()
    if resting or connected.status == Connection.Status.ERROR:
        return None, True
    try:
        fact = company_lookups.open(connected).find(address)
    except ProviderError as error:
        note_failure(connected, error)
        return None, True
    note_ok(connected, next_attempt_at=None, **_quota(connected))
    return fact, False


def _quota(connected: Connection) -> dict[str, str]:
    """How many look-ups are used, in the service's words, asked once an hour while it is used."""
    if not cache.add(f"company-quota:{connected.pk}", 1, QUOTA_SECONDS):
        return {}
    try:
        return {"account": company_lookups.open(connected).check()[:200]}
    except ProviderError:
        return {}


def _of_name(row: AddressLookup) -> tuple[CompanyFact | None, bool]:
    try:
        domain = company_domain(checked_name(row.address), row.address)
    except NoAnswer:
        return None, True
    return (CompanyFact(domain=domain) if domain else None), False


def _take_over(row: AddressLookup, fact: CompanyFact) -> None:
    """The visit belongs to the company that was named, which may be another than the network's."""
    kind = NetworkKind(fact.kind) if fact.kind else NetworkKind(row.kind)
    of_network = row.kind in COMPANY_KINDS
    if fact.name and kind not in COMPANY_KINDS:
        CompanyVisit.objects.filter(session_id=row.session_id).delete()
        return
    if of_network and not (fact.name and fact.is_own):
        _know_better(row, fact)
        return
    if not fact.name and not fact.domain:
        return
    values = _named(row, fact, kind if kind in COMPANY_KINDS else NetworkKind.BUSINESS)
    company = _stored(row, values)
    if company.merged_into_id:
        company = Company.objects.get(pk=company.merged_into_id)
    if company.kind in COMPANY_KINDS:
        CompanyVisit.objects.update_or_create(
            session_id=row.session_id,
            defaults={
                "organization_id": row.organization_id, "site_id": row.site_id, "company": company,
                "kind": company.kind,
            },
        )


def _know_better(row: AddressLookup, fact: CompanyFact) -> None:
    """A domain confirms whose network it is, or adds nothing to what the network's own name says."""
    company = Company.objects.select_for_update().filter(key=f"as:{row.network}").first()
    if company is None or not fact.domain:
        return
    name = fact.name or company.network_name
    if not matches_name(fact.domain, name) or is_look_alike(fact.domain):
        return
    if "domain" not in company.own:
        company.domain = fact.domain
    if "kind" not in company.own:
        company.confidence = Confidence.HIGH.value
        company.reason = "service" if fact.name else "own_name"
        company.reason_detail = fact.domain
    company.save(update_fields=["domain", "confidence", "reason", "reason_detail"])


def _named(row: AddressLookup, fact: CompanyFact, kind: NetworkKind) -> dict[str, Any]:
    by_service = bool(fact.name)
    doubtful = is_look_alike(fact.domain)
    sure = Confidence.LOW if doubtful else Confidence.HIGH if by_service and fact.is_own else Confidence.MEDIUM
    return {
        "organization_id": row.organization_id, "key": _company_key(fact)[:270],
        "name": fact.name or fact.domain, "domain": fact.domain, "country": fact.country or row.country,
        "network": row.network, "network_name": row.network_name, "kind": kind.value, "confidence": sure.value,
        "reason": "service" if by_service else "named", "reason_detail": (fact.domain or fact.name)[:253],
        "first_seen": row.seen_at.isoformat(), "last_seen": row.seen_at.isoformat(),
    }


def _company_key(fact: CompanyFact) -> str:
    return f"domain:{fact.domain}" if fact.domain else f"name:{' '.join(fact.name.casefold().split())}"


def _stored(row: AddressLookup, values: dict[str, Any]) -> Company:
    from apps.analytics.pipeline.recognition import COMPANIES  # noqa: PLC0415 -- one statement for both writers

    with connection.cursor() as cursor:
        cursor.execute(COMPANIES, [Jsonb([values])])
        return Company.objects.get(pk=cursor.fetchone()[2])


def _note(**counts: int) -> None:
    given = {name: count for name, count in counts.items() if count}
    if given:
        day, _made = LookupDay.objects.get_or_create(day=timezone.now().date())
        LookupDay.objects.filter(pk=day.pk).update(**{name: F(name) + count for name, count in given.items()})


def _key(organization_id: int, address: str) -> str:
    """Keyed, so that nobody can read from the cache which addresses were asked for."""
    told = f"{organization_id}/{address}".encode()
    return f"company:{hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()}"
