"""Sending what waits for a CRM: claimed, found or made there, and written down, each step repeatable.

A worker that is killed between the CRM's answer and our commit leaves its claim behind. When that has run out the same
companies are looked for again, by Mainstay's mark, domain or name, and what the first attempt made is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from babel import Locale
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Organization
from apps.analytics.company_industries import Industry
from apps.analytics.models import Company, CrmEntry
from apps.analytics.providers.crm.base import Crm, CrmRecord, Outcome, crms
from apps.core import oauth
from apps.core.connections.state import note_failure, note_ok
from apps.core.models import Connection
from apps.core.providers import ProviderError, find_vendor

CLAIM = timedelta(minutes=10)  # longer than a turn can take with every request running into its time limit
MOST_ATTEMPTS = 6
MOST_TURNS = 20
T = TypeVar("T")


def entries_due() -> int:
    """Send what waits in the organization in scope; returns how many companies were answered for."""
    waiting = CrmEntry.objects.filter(_due()).values_list("connection_id", flat=True).distinct()
    return sum(entries_send(connection_id) for connection_id in list(waiting))


def entries_send(connection_id: int) -> int:
    """Send what waits for one CRM, turn by turn; returns how many companies were answered for."""
    done = 0
    for _turn in range(MOST_TURNS):
        connection = Connection.objects.filter(pk=connection_id, kind=crms.kind).first()
        if connection is None or not _may_be_asked(connection):
            break
        answered = _turn_of(connection)
        done += answered
        if not answered:
            break
    return done


def record_of(entry: CrmEntry, organization: Organization) -> CrmRecord:
    """A company as its CRM will see it."""
    company = entry.company
    page = settings.BASE_URL + reverse("analytics:company", args=[organization.slug, company.pk])
    return CrmRecord(
        key=str(entry.key), name=company.name, domain=company.domain, city=company.city, country=company.country,
        country_name=str(Locale("en").territories.get(company.country, "")), industry=_industry(company),
        score=company.score, temperature=company.temperature, visits=company.visits, pageviews=company.pageviews,
        first_seen=company.first_seen_at, last_seen=company.last_seen_at, page=page, external_id=entry.external_id,
    )


def _industry(company: Company) -> str:
    """What is known; a guess says that it is one."""
    if company.industry or not company.industry_guess:
        return company.industry
    return _("%(industry)s (by name)") % {"industry": Industry(company.industry_guess).label}


def _may_be_asked(connection: Connection) -> bool:
    """Not while it is paused, rests, or needs a person."""
    if find_vendor(connection.kind, connection.provider) is None or connection.status == Connection.Status.PAUSED:
        return False
    if connection.next_attempt_at is not None:
        return connection.next_attempt_at <= timezone.now()
    return connection.status != Connection.Status.ERROR


def _due() -> Q:
    now = timezone.now()
    return Q(state=CrmEntry.State.WAITING) & (Q(claimed_until=None) | Q(claimed_until__lt=now)) & (
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )


def _turn_of(connection: Connection) -> int:
    entries = _claim(connection)
    if not entries:
        return 0
    organization = Organization.objects.get(pk=connection.organization_id)
    try:
        outcomes, links = _sent(connection, entries, organization)
    except ProviderError as error:
        note_failure(connection, error)
        _give_back(entries)
        return 0
    _write_down(entries, outcomes, links)
    note_ok(connection, next_attempt_at=None)
    return len(entries)


@transaction.atomic
def _claim(connection: Connection) -> list[CrmEntry]:
    """The next ones, for us alone for a while."""
    rows = CrmEntry.objects.select_for_update(skip_locked=True, of=("self",)).select_related("company")
    most = crms.get(connection.provider).most
    entries = list(rows.filter(_due(), connection=connection).order_by("id")[:most])
    until = timezone.now() + CLAIM
    CrmEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(claimed_until=until)
    return entries


def _sent(
    connection: Connection, entries: Sequence[CrmEntry], organization: Organization,
) -> tuple[dict[str, Outcome], dict[str, str]]:
    """What became of each, by key, and the addresses of their records."""
    records = [record_of(entry, organization) for entry in entries if _is_sendable(entry.company)]
    outcomes = {str(entry.key): Outcome(str(entry.key), error="unlisted")
                for entry in entries if not _is_sendable(entry.company)}
    unknown = [record for record in records if not record.external_id]
    found = _with_token(connection, lambda crm: crm.find(unknown)) if unknown else {}
    ready, taken = _each_its_own(connection, [
        replace(record, external_id=record.external_id or found.get(record.key, "")) for record in records
    ])
    written = _with_token(connection, lambda crm: crm.write(ready)) if ready else []
    outcomes |= taken | {outcome.key: outcome for outcome in written}
    return outcomes, _links(connection, written)


def _is_sendable(company: Company) -> bool:
    return company.is_company


def _each_its_own(
    connection: Connection, records: Sequence[CrmRecord],
) -> tuple[list[CrmRecord], dict[str, Outcome]]:
    """A record of the CRM is one company: who comes second is told which company has it."""
    wanted = [record.external_id for record in records if record.external_id]
    rows = CrmEntry.objects.filter(connection=connection, external_id__in=wanted).select_related("company")
    owners = {row.external_id: (str(row.key), row.company.name) for row in rows}
    ready, taken = [], {}
    for record in records:
        key, name = owners.setdefault(record.external_id, (record.key, record.name)) if record.external_id else ("", "")
        if record.external_id and key != record.key:
            taken[record.key] = Outcome(record.key, error=f"taken:{name}")
        else:
            ready.append(record)
    return ready, taken


def _links(connection: Connection, written: Sequence[Outcome]) -> dict[str, str]:
    """Where the records are looked at. That nobody can say is no reason to call what is sent not sent."""
    try:
        crm = crms.open(connection)
        return {row.key: crm.link(row.external_id) for row in written if row.external_id}
    except ProviderError:
        return {}


def _with_token(connection: Connection, work: Callable[[Crm], T]) -> T:
    """With an access token that lasts, and once more when it is refused. Never inside a transaction."""
    oauth.ensure_fresh(connection)
    try:
        return work(crms.open(connection))
    except oauth.TokenRefused:
        oauth.refresh(connection, force=True)
        return work(crms.open(connection))


@transaction.atomic
def _write_down(entries: Sequence[CrmEntry], outcomes: dict[str, Outcome], links: dict[str, str]) -> None:
    rows = CrmEntry.objects.select_for_update().in_bulk([entry.pk for entry in entries])
    for entry in entries:
        row, outcome = rows.get(entry.pk), outcomes.get(str(entry.key)) or Outcome(str(entry.key))
        if row is None:
            continue
        _take_over(row, outcome, links.get(outcome.key, ""), asked_again=row.requested_at != entry.requested_at)
        row.save()


def _take_over(row: CrmEntry, outcome: Outcome, link: str, *, asked_again: bool) -> None:
    now = timezone.now()
    row.claimed_until, row.attempts = None, row.attempts + 1
    row.error, row.candidates, row.next_attempt_at = outcome.error[:500], list(outcome.candidates), None
    if outcome.gone:
        row.external_id = row.url = ""
    if outcome.external_id and not outcome.error:
        row.made_there = outcome.created or (row.made_there and row.external_id == outcome.external_id)
        row.external_id, row.url, row.sent_at = outcome.external_id, link or row.url, now
        row.attempts = 0
        row.state = CrmEntry.State.WAITING if asked_again else CrmEntry.State.SENT
    elif (outcome.retry or not outcome.error) and row.attempts < MOST_ATTEMPTS:
        row.error = outcome.error or "unsaid-yet"
        row.next_attempt_at = now + timedelta(minutes=2**row.attempts)
    elif not asked_again:
        row.state = CrmEntry.State.FAILED
        row.error = row.error or "unsaid"


def _give_back(entries: Sequence[CrmEntry]) -> None:
    """They go on waiting; for what is written down with the connection."""
    waiting = CrmEntry.objects.filter(pk__in=[entry.pk for entry in entries], state=CrmEntry.State.WAITING)
    waiting.update(claimed_until=None, error="waits")
