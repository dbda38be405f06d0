"""Data quality: the scores written down day by day, and hosts taken up or turned away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.analytics.contracts import QualityFell
from apps.analytics.enrichment.addresses import normal_host
from apps.analytics.enums import SiteStatus
from apps.analytics.models import Site, SiteScore
from apps.analytics.scoring import Score, score_of
from apps.analytics.selectors.quality import facts_of
from apps.analytics.selectors.scores import BEFORE, fell, usual_score
from apps.analytics.services.sites import hosts_of, site_update
from apps.core.outbox import publish
from apps.core.tenancy import tenant

MOST_REFUSED = 200


def scores_write(*, organization: Any, now: datetime | None = None) -> int:
    """Work out the score of today, and until noon that of yesterday once more (late events), for every active site of
    the organization in scope; returns how many rows were written."""
    now = now or timezone.now()
    sites = list(Site.objects.filter(status=SiteStatus.ACTIVE).exclude(detected_at=None).order_by("id"))
    local = now.astimezone(organization.tz)
    days = [local.date()] if local.hour >= 12 else [local.date() - timedelta(days=1), local.date()]
    written = 0
    for day in days if sites else ():
        for facts in facts_of(sites, day, organization.tz, now).values():
            score = score_of(facts)
            if score.value is not None:
                _write(facts.site, day, score)
                written += 1
    return written


@transaction.atomic
def _write(site: Site, day: date, score: Score) -> None:
    before = SiteScore.objects.filter(site=site, day=day).first()
    SiteScore.objects.update_or_create(
        site=site, day=day,
        defaults={"points": score.points, "most": score.most, "parts": [part.to_json() for part in score.parts]},
    )
    usual = usual_score(list(SiteScore.objects.filter(site=site, day__lt=day, day__gte=day - BEFORE)), day)
    if fell(score.value, usual) and not (before and fell(before.score, usual)):
        publish(QualityFell(site.organization_id, site.id, site.name, score.value or 0, usual or 0))


@transaction.atomic
def host_add(*, actor: Any, site: Site, host: str) -> Site:
    """A host that sends events is one of the site's own."""
    name = hosts_of([host])
    site = _allowed(actor, _present(site), name[0] if name else "")
    return site_update(actor=actor, site=site, domains=[*site.domains, *name])


@transaction.atomic
def host_refuse(*, actor: Any, site: Site, host: str) -> Site:
    """Count nothing from a host any more; raises ValidationError for one that is none."""
    site = _present(site)
    refused = dict.fromkeys([*site.options.refused_hosts, *hosts_of([host])])
    return site_update(
        actor=actor, site=site, settings=replace(site.options, refused_hosts=tuple(refused)[-MOST_REFUSED:])
    )


@transaction.atomic
def host_allow(*, actor: Any, site: Site, host: str) -> Site:
    """Count what comes from a refused host again."""
    return _allowed(actor, _present(site), normal_host(host))


def _present(site: Site) -> Site:
    """The site as it is now, held until the change is made."""
    return Site.objects.select_for_update().get(pk=site.pk)


def _allowed(actor: Any, site: Site, host: str) -> Site:
    left = tuple(name for name in site.options.refused_hosts if name != host)
    if left == site.options.refused_hosts:
        return site
    return site_update(actor=actor, site=site, settings=replace(site.options, refused_hosts=left))


def scores_of_all(now: datetime | None = None) -> int:
    """The scores of every organization, each in its own scope; returns how many."""
    written = 0
    for organization in Organization.objects.filter(delete_after=None).order_by("id"):
        with tenant(organization.pk):
            written += scores_write(organization=organization, now=now)
    return written
