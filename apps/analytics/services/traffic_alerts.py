"""Warnings of many visitors at once and of hardly any: what owners set, and the look every five minutes.

A state begins beyond the limit and ends well within it, so that a figure that swings around the limit makes one
warning. Of each kind people are told at most once in twelve hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.accounts.models import Organization
from apps.analytics.contracts import TrafficDropped, TrafficSpike
from apps.analytics.enums import SiteStatus
from apps.analytics.models import Site, TrafficAlert
from apps.analytics.selectors.current import HOURS, Current, current, first_of, usual_visitors
from apps.core.models import Alarm
from apps.core.outbox import publish

LIMITS = ("spike_visitors", "spike_times", "drop_visitors")
QUIET = timedelta(hours=12)
LEAST_VISITORS = 10  # an hour with fewer is no spike, however few are usual
BACK = Decimal("0.8")  # a spike is over below this share of its limit
RECOVERED = Decimal("1.2")  # and a drop at this multiple of its own
_HIGHEST = {"spike_visitors": 1_000_000, "spike_times": 1000, "drop_visitors": 1_000_000}
register_audit_actions({"traffic_alert.changed": _("Warnings of a site changed")})


@transaction.atomic
def traffic_alert_set(*, actor: Any, site: Site, **limits: Any) -> TrafficAlert:
    """Set the limits; one that is None is off. Raises ValidationError at the field that is wrong."""
    Site.objects.select_for_update().get(pk=site.pk)
    row, _new = TrafficAlert.objects.get_or_create(site=site)
    before = {name: getattr(row, name) for name in LIMITS}
    after = {name: limits.get(name) for name in LIMITS}
    for name, value in after.items():
        if value is not None and not (1 if name != "spike_times" else Decimal("1.1")) <= value <= _HIGHEST[name]:
            raise ValidationError({name: _("Choose a number within reason.")})
    if before == after:
        return row
    for name, value in after.items():
        setattr(row, name, value)
    if (before["spike_visitors"], before["spike_times"]) != (after["spike_visitors"], after["spike_times"]):
        row.spike_since = row.spike_told_at = None
    if before["drop_visitors"] != after["drop_visitors"]:
        row.drop_since = row.drop_told_at = None
    row.save()
    audit(actor, "traffic_alert.changed", site, before=_said(before), after=_said(after))
    return row


def traffic_look(organization: Organization, now: datetime | None = None) -> int:
    """Look at every site of the organization in scope that has limits; returns how many warnings there were."""
    now = now or timezone.now()
    rows = TrafficAlert.objects.filter(site__status=SiteStatus.ACTIVE, site__detected_at__isnull=False)
    behind = Alarm.objects.filter(key="pipeline-behind", raised_at__isnull=False).exists()
    return sum(_look(row, now, behind) for row in rows.select_related("site__organization").order_by("id"))


def _look(alert: TrafficAlert, now: datetime, behind: bool) -> int:
    if all(getattr(alert, name) is None for name in LIMITS):
        return 0
    seen = current(alert.site, now)
    usual = 0
    if alert.spike_times is not None and (seen.hour >= LEAST_VISITORS or alert.spike_since):
        usual = usual_visitors(alert.site, now)
    return _spike(alert, seen, usual, now) + (0 if behind else _drop(alert, seen, now))


def _spike(alert: TrafficAlert, seen: Current, usual: int, now: datetime) -> int:
    many = alert.spike_visitors is not None and seen.active > alert.spike_visitors
    limit = max(alert.spike_times * usual, LEAST_VISITORS) if alert.spike_times is not None and usual else None
    unusual = limit is not None and seen.hour >= limit
    calm = (alert.spike_visitors is None or seen.active < BACK * alert.spike_visitors) and (
        limit is None or seen.hour < BACK * limit
    )
    visitors = seen.hour if unusual else seen.active
    return _turned(alert, "spike", many or unusual, calm, now, lambda: TrafficSpike(
        alert.organization_id, alert.site_id, alert.site.name, visitors, usual if unusual else 0,
        first_of(alert.site, "source", now, "today"), first_of(alert.site, "page", now, "today"),
    ))


def _drop(alert: TrafficAlert, seen: Current, now: datetime) -> int:
    limit, began = alert.drop_visitors, alert.site.detected_at
    if limit is None or began is None or now - began < timedelta(hours=HOURS):
        return 0
    return _turned(alert, "drop", seen.half_day < limit, seen.half_day >= RECOVERED * limit, now, lambda: (
        TrafficDropped(
            alert.organization_id, alert.site_id, alert.site.name, seen.half_day, limit,
            first_of(alert.site, "source", now, "7d"), first_of(alert.site, "page", now, "7d"),
        )
    ))


@transaction.atomic
def _turned(alert: TrafficAlert, kind: str, beyond: bool, calm: bool, now: datetime, news: Any) -> int:
    """Begin or end a state, and publish its news unless people heard of the same kind lately; 1 when it did."""
    row = TrafficAlert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    since, told = getattr(row, f"{kind}_since"), getattr(row, f"{kind}_told_at")
    if since is not None:
        if calm and not beyond:
            _store(row, **{f"{kind}_since": None})
        return 0
    if not beyond:
        return 0
    fresh = told is None or now - told >= QUIET
    _store(row, **{f"{kind}_since": now, f"{kind}_told_at": now if fresh else told})
    if fresh:
        publish(news())
    return int(fresh)


def _store(row: TrafficAlert, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _said(limits: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if value is not None else None for name, value in limits.items()}


