"""Watching over the pipeline and the machine: every minute, with people told when something changes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import psutil
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Membership
from apps.analytics.contracts import DiskNearlyFull, PipelineBehind, PipelineRecovered
from apps.analytics.enums import StoreGrain
from apps.analytics.models import PipelineMinute
from apps.core.models import Alarm
from apps.core.ops import alarms, sampling
from apps.core.ops.alarms import Change, Line
from apps.core.outbox import publish
from apps.core.tenancy import every_tenant, tenant

BEHIND = Line("pipeline-behind", wrong=60.0, well=10.0)
DISK = Line("disk-nearly-full", wrong=0.90, well=0.85)
MINUTES_KEPT, HOURS_KEPT = timedelta(days=2), timedelta(days=400)
_LOOKED_AT = 100_000
_WAITING = """
SELECT s.organization_id, extract(epoch FROM %s - min(w.received_at))
FROM (SELECT site_id, received_at FROM analytics_inbox WHERE site_id > 0 ORDER BY id LIMIT %s) w
JOIN analytics_site s ON s.id = w.site_id GROUP BY s.organization_id
"""
_FORGET = "DELETE FROM analytics_siteflow WHERE grain = %s AND bucket < %s"


def watch(now: datetime | None = None) -> dict[str, str]:
    """One look at everything; returns what changed, by alarm."""
    now = now or timezone.now()
    with every_tenant():
        found = {"pipeline": _pipeline(now).value, "disk": _disk(now).value}
        hours_add_up(now)
        _forget(now)
    return found


def _pipeline(now: datetime) -> Change:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [now, _LOOKED_AT])
        late = {organization: float(seconds) for organization, seconds in cursor.fetchall()}
    since = Alarm.objects.filter(key=BEHIND.key).values_list("raised_at", flat=True).first()
    alarm, change = alarms.look(BEHIND, max(late.values(), default=0.0), now)
    if change is Change.CLEARED:
        minutes = max(1, round((now - since).total_seconds() / 60)) if since else 1
        _tell(alarm.told, lambda org: PipelineRecovered(org, minutes))
        Alarm.objects.filter(pk=alarm.pk).update(told=[])
    elif alarm.raised_at:
        fresh = [org for org, seconds in sorted(late.items()) if seconds >= BEHIND.wrong and org not in alarm.told]
        if fresh:
            Alarm.objects.filter(pk=alarm.pk).update(told=[*alarm.told, *fresh])
            _tell(fresh, lambda org: PipelineBehind(org, round(late[org])))
    return change


def _disk(now: datetime) -> Change:
    usage = psutil.disk_usage(str(settings.BASE_DIR))
    share = usage.used / (usage.used + usage.free)
    _alarm, change = alarms.look(DISK, share, now)
    if change is Change.RAISED:
        staff = Membership.objects.filter(is_active=True, user__is_superuser=True, user__is_active=True)
        _tell(sorted(set(staff.values_list("organization_id", flat=True))),
              lambda org: DiskNearlyFull(org, round(share * 100)))
    return change


def _tell(organizations: list[int], event: Any) -> None:
    for organization in organizations:
        with tenant(organization), transaction.atomic():
            publish(event(organization))


def hours_add_up(now: datetime) -> int:
    """The minutes of collectors and pipelines of this hour and the one before, added up into one row a kind of
    process; returns how many rows."""
    hour, done = now.replace(minute=0, second=0, microsecond=0), 0
    for start in (hour - timedelta(hours=1), hour):
        kinds: dict[str, list[tuple[dict[str, Any], dict[str, list[int]]]]] = defaultdict(list)
        for row in PipelineMinute.objects.filter(minute__gte=start, minute__lt=start + timedelta(hours=1)):
            kinds[row.process.partition(" ")[0]].append((summable(row), row.histograms))
        for kind, rows in kinds.items():
            sampling.store_hour(kind, start, rows)
            done += 1
    return done


def summable(row: PipelineMinute) -> dict[str, Any]:
    """A process's counts and the milliseconds of its stages under one roof. The longest wait is a highest, not a
    sum."""
    counts = {("lag_max" if name == "lag_ms_max" else name): value for name, value in row.counts.items()}
    return counts | {f"ms_{name}": value for name, value in row.timings.items()}


def _forget(now: datetime) -> None:
    with connection.cursor() as cursor:
        for grain, kept in ((StoreGrain.MINUTE, MINUTES_KEPT), (StoreGrain.HOUR, HOURS_KEPT)):
            cursor.execute(_FORGET, [int(grain), now - kept])
    PipelineMinute.objects.filter(minute__lt=now - sampling.MINUTES_KEPT).delete()
