"""What an owner does with companies: set right, hide, say that it is none, merge, and take that back."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.enrichment.addresses import normal_host, root_of
from apps.analytics.enums import COMPANY_KINDS, Confidence, NetworkKind, Temperature
from apps.analytics.models import Company, CompanyVisit
from apps.analytics.services.company_scores import SOURCE
from apps.analytics.services.crm import crm_entries_merge
from apps.metrics.live import mark_dirty

register_audit_actions({
    "company.changed": _("Company changed"),
    "company.hidden": _("Company hidden"),
    "company.shown": _("Company shown again"),
    "company.corrected": _("Kind of a company's network corrected"),
    "company.merged": _("Companies merged"),
})
OWN_FIELDS = ("name", "domain", "industry", "size", "country", "city")


@transaction.atomic
def company_update(*, actor: Any, company: Company, **facts: str) -> Company:
    """Set right what was guessed. What the owner has written stays, whatever look-ups say later."""
    if unknown := set(facts) - set(OWN_FIELDS):
        raise TypeError(f"a company has no {', '.join(sorted(unknown))} that can be changed")
    row = Company.objects.select_for_update().get(pk=company.pk)
    before, after = {}, {}
    for field, given in facts.items():
        value = _cleaned(field, given)
        if value != getattr(row, field):
            before[field], after[field] = getattr(row, field), value
            setattr(row, field, value)
    if after:
        row.own = sorted({*row.own, *after})
        row.save(update_fields=[*after, "own"])
        audit(actor, "company.changed", row, before=before, after=after)
        mark_dirty([row.organization_id], SOURCE)
    return row


@transaction.atomic
def company_hide(*, actor: Any, company: Company, hidden: bool) -> Company:
    """Leave it out of lists and figures, or bring it back. Its visits go on being recognised."""
    row = Company.objects.select_for_update().get(pk=company.pk)
    if (row.hidden_at is not None) != hidden:
        row.hidden_at = timezone.now() if hidden else None
        row.save(update_fields=["hidden_at"])
        audit(actor, "company.hidden" if hidden else "company.shown", row)
        mark_dirty([row.organization_id], SOURCE)
    return row


@transaction.atomic
def company_correct(*, actor: Any, company: Company, kind: NetworkKind) -> Company:
    """Say what the network really is. As an access provider or data centre it is no company any more: its visits are
    forgotten here (not on the site's pages), and none is recognised again until it is corrected back."""
    row = Company.objects.select_for_update().get(pk=company.pk)
    before = row.kind
    row.kind, row.confidence, row.reason, row.reason_detail = kind.value, Confidence.HIGH.value, "owner", ""
    row.own = sorted({*row.own, "kind"})
    if kind not in COMPANY_KINDS:
        CompanyVisit.objects.filter(company=row).delete()
        row.visits = row.pageviews = row.score = 0
        row.temperature = Temperature.COLD.value
    else:
        CompanyVisit.objects.filter(company=row).update(kind=kind.value)
    row.save()
    audit(actor, "company.corrected", row, before={"kind": before}, after={"kind": row.kind})
    mark_dirty([row.organization_id], SOURCE)
    return row


@transaction.atomic
def company_merge(*, actor: Any, company: Company, into: Company) -> Company:
    """Make two companies one: visits of the first, past and future, are the other's."""
    rows = Company.objects.select_for_update().in_bulk([company.pk, into.pk])
    if company.pk == into.pk or len(rows) != 2 or rows[into.pk].merged_into_id or rows[company.pk].merged_into_id:
        raise ValidationError({"into": _("Choose another company.")})
    row, target = rows[company.pk], rows[into.pk]
    if not target.is_company:
        raise ValidationError({"into": _("Choose another company.")})
    CompanyVisit.objects.filter(company=row).update(company=target, kind=target.kind)
    Company.objects.filter(merged_into=row).update(merged_into=target)
    crm_entries_merge(company=row, into=target)
    row.merged_into, row.own = target, sorted({*row.own, "merged"})
    row.save(update_fields=["merged_into", "own"])
    target.first_seen_at = min(target.first_seen_at, row.first_seen_at)
    target.last_seen_at = max(target.last_seen_at, row.last_seen_at)
    target.scored_at = None
    target.save(update_fields=["first_seen_at", "last_seen_at", "scored_at"])
    audit(actor, "company.merged", target, after={"company": row.name, "into": target.name})
    mark_dirty([row.organization_id], SOURCE)
    return target


def _cleaned(field: str, given: str) -> str:
    value = " ".join(given.split())
    if field == "name" and not value:
        raise ValidationError({"name": _("Give the company a name.")})
    if field == "country" and value and not (len(value) == 2 and value.isalpha() and value.isascii()):
        raise ValidationError({"country": _("Two letters, such as DE.")})
    if field == "country":
        return value.upper()
    if field == "domain" and value:
        return _domain(value)
    return value[: Company._meta.get_field(field).max_length]


def _domain(text: str) -> str:
    host = text.lower().split("://")[-1].split("/")[0].split("@")[-1].split(":")[0]
    try:
        host = normal_host(host.encode("idna").decode())
    except UnicodeError as error:
        raise ValidationError({"domain": _("This is no domain.")}) from error
    if "." not in host or not all(part and part.replace("-", "").isalnum() for part in host.split(".")):
        raise ValidationError({"domain": _("This is no domain.")})
    return root_of(host)
