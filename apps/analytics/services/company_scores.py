"""Scoring companies: after their visits, every night, and when the rules change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.accounts.models import Organization
from apps.analytics.company_scoring import PARTS, Rules, Score, Seen, score_of
from apps.analytics.contracts import CompanyBecameHot
from apps.analytics.enrichment.industries import industry_of
from apps.analytics.enums import COMPANY_KINDS, Temperature
from apps.analytics.models import Company, CompanyRules, CompanyScore
from apps.analytics.selectors.company_visits import Sums, companies_due, sums_of
from apps.core.outbox import publish
from apps.metrics.live import mark_dirty

register_audit_actions({"company.rules_changed": _("How companies are scored was changed")})
SOURCE = "companies"
NOBODY = Seen(0, 0, 0.0, 0, 0.0)
MOST_AT_ONCE = 500
_ORPHANS = """
DELETE FROM analytics_companyvisit v WHERE v.organization_id = %s
    AND NOT EXISTS (SELECT 1 FROM analytics_session s WHERE s.id = v.session_id)
"""
_EMPTY = """
SELECT c.id FROM analytics_company c WHERE c.organization_id = %s AND c.own = '[]' AND c.hidden_at IS NULL
    AND c.merged_into_id IS NULL AND c.kind = ANY(%s)
    AND NOT EXISTS (SELECT 1 FROM analytics_companyvisit v WHERE v.company_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM analytics_company m WHERE m.merged_into_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM analytics_crmentry e WHERE e.company_id = c.id AND e.external_id <> '')
    AND c.last_seen_at < now() - interval '1 hour'
"""


def rules_of(row: CompanyRules | None = None) -> Rules:
    """The rules of the organization in scope, or the usual ones."""
    row = row or CompanyRules.objects.first() or CompanyRules()
    return Rules({key: getattr(row, key) for key in PARTS}, row.hot_from, row.warm_from)


def scores_due(organization: Organization) -> int:
    """Score what has moved since it was scored; returns how many companies that were."""
    return companies_score(organization=organization, companies=companies_due(organization.id, MOST_AT_ONCE))


@transaction.atomic
def companies_score(*, organization: Organization, companies: Sequence[int], now: datetime | None = None) -> int:
    """Score these companies as they are now, remember it for today, and say which became hot."""
    now = now or timezone.now()
    rows = list(Company.objects.select_for_update().filter(id__in=list(companies), merged_into=None).order_by("id"))
    if not rows:
        return 0
    rules, sums = rules_of(), sums_of([row.id for row in rows], now)
    today = now.astimezone(organization.tz).date()
    history = []
    for row in rows:
        found = sums.get(row.id)
        score = score_of(found.lately if found else NOBODY, rules)
        _take_over(row, score, found, now)
        history.append(_point(row, today, score))
    Company.objects.bulk_update(
        rows, ["visits", "pageviews", "first_seen_at", "last_seen_at", "score", "temperature", "scored_at",
               "industry_guess", "industry_word"]
    )
    _remember(history)
    mark_dirty([organization.id], SOURCE)
    return len(rows)


def _take_over(row: Company, score: Score, found: Sums | None, now: datetime) -> None:
    before = row.temperature
    row.score, row.temperature, row.scored_at = score.value, score.temperature.value, now
    row.industry_guess, row.industry_word = industry_of(row.network_name or row.name, row.kind)
    row.visits, row.pageviews = (found.visits, found.pageviews) if found else (0, 0)
    if found:
        row.first_seen_at, row.last_seen_at = found.first_seen, found.last_seen
    shown = row.is_company and row.hidden_at is None
    if shown and score.temperature is Temperature.HOT and before != Temperature.HOT:
        publish(CompanyBecameHot(row.organization_id, row.id, row.name, row.domain, score.value))


def scores_of_day(*, organization: Organization, day: date) -> int:
    """Score every company as it was at the end of a day that is over: fills the history, changes nothing else."""
    until = datetime.combine(day + timedelta(days=1), time(), organization.tz)
    rows = list(Company.objects.filter(merged_into=None, first_seen_at__lt=until).order_by("id"))
    rules, sums = rules_of(), sums_of([row.id for row in rows], until)
    _remember([_point(row, day, score_of(sums[row.id].lately, rules)) for row in rows if row.id in sums])
    return len(sums)


def scores_nightly(organization: Organization) -> int:
    """What is left over is cleared away, then every company is scored: interest fades without any visit."""
    companies_prune(organization)
    ids = list(Company.objects.filter(merged_into=None).order_by("id").values_list("id", flat=True))
    return sum(
        companies_score(organization=organization, companies=ids[begin : begin + MOST_AT_ONCE])
        for begin in range(0, len(ids), MOST_AT_ONCE)
    )


@transaction.atomic
def companies_prune(organization: Organization) -> int:
    """Forget which company a visit came from when the visit itself is gone, and companies that nothing is left of
    unless their owner has written something about them; returns how many companies went."""
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS, [organization.id])
        cursor.execute(_EMPTY, [organization.id, [kind.value for kind in COMPANY_KINDS]])
        empty = [row[0] for row in cursor.fetchall()]
    return Company.objects.filter(id__in=empty).delete()[0]


@transaction.atomic
def rules_change(*, actor: Any, organization: Organization, **values: int) -> CompanyRules:
    """Weigh otherwise; every company is scored anew by the next run."""
    row = CompanyRules.objects.select_for_update().first() or CompanyRules()
    before = {key: getattr(row, key) for key in values}
    for key, value in values.items():
        setattr(row, key, value)
    row.full_clean(exclude=["organization"])
    row.save()
    if before != values:
        audit(actor, "company.rules_changed", before=before, after=values)
    Company.objects.update(scored_at=None)
    return row


def _point(row: Company, day: date, score: Score) -> CompanyScore:
    parts = {
        part.key: {"amount": round(part.amount, 2), "points": round(part.points, 1), "weight": part.weight}
        for part in score.parts
    }
    return CompanyScore(
        organization_id=row.organization_id, company=row, day=day, score=score.value,
        temperature=score.temperature.value, parts=parts,
    )


def _remember(points: list[CompanyScore]) -> None:
    CompanyScore.objects.bulk_create(
        points, batch_size=500, update_conflicts=True, unique_fields=["company", "day"],
        update_fields=["score", "temperature", "parts"],
    )
