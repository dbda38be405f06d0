"""What went wrong on the way of an organization's events: what could not be counted, what could not be sent on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count

from apps.analytics.enums import JobKind
from apps.analytics.models import DeadLetter, Site, StoreJob
from apps.analytics.selectors.deliveries import dead_deliveries

PAGE = 50
_WAITING = """
SELECT count(*), extract(epoch FROM %s - min(received_at))
FROM (SELECT site_id, received_at FROM analytics_inbox ORDER BY id LIMIT 100000) w WHERE site_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Requests that were accepted and are not counted yet, and since how many seconds the oldest waits."""

    requests: int
    seconds: float


def waiting(site_ids: Sequence[int], now: datetime) -> Waiting:
    """What of these sites waits in the inbox."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [now, list(site_ids)])
        count, seconds = cursor.fetchone()
    return Waiting(count, max(float(seconds or 0), 0.0))


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with its site, and whether it waits to be taken in again."""

    row: DeadLetter
    site: Site
    is_asked: bool

    @property
    def can_replay(self) -> bool:
        """Whether there is anything to be done."""
        return self.row.replayed_at is None and not self.is_asked


def letters_listed(sites: dict[int, Site], offset: int = 0) -> tuple[list[Letter], bool]:
    """A page of the dead letters of these sites, newest first, and whether there are more."""
    rows = list(
        DeadLetter.objects.filter(site_id__in=list(sites)).defer("raw").order_by("-failed_at", "-id")[
            offset : offset + PAGE + 1
        ]
    )
    asked = letters_asked(list(sites))
    found = [Letter(row, sites[row.site_id], row.id in asked) for row in rows[:PAGE]]  # type: ignore[index]
    return found, len(rows) > PAGE


def letters_open(site_ids: Sequence[int]) -> dict[int, int]:
    """How many dead letters wait for a decision, by site."""
    asked = letters_asked(site_ids)
    rows = DeadLetter.objects.filter(site_id__in=list(site_ids), replayed_at=None).exclude(id__in=asked)
    return dict(rows.values_list("site_id").annotate(n=Count("id")).values_list("site_id", "n"))


def letters_asked(site_ids: Sequence[int]) -> set[int]:
    """Dead letters that the pipeline has been asked to take in again and has not yet."""
    jobs = StoreJob.objects.filter(kind=JobKind.REPLAY, done_at=None, site_id__in=list(site_ids))
    return {letter for params in jobs.values_list("params", flat=True) for letter in params.get("letters", ())}


def deliveries_dead(site_ids: Sequence[int], limit: int = PAGE) -> list[Any]:
    """The newest deliveries of these sites that failed for good."""
    return list(dead_deliveries().filter(destination__site_id__in=list(site_ids)).defer("payload", "answer")[:limit])
