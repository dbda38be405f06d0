"""The stored scores: the latest of each site, and their course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from apps.analytics.models import Site, SiteScore

COURSE = timedelta(days=30)
FELL_BY = 15
LOW = 60
BEFORE = timedelta(days=7)
LEAST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Scored:
    """A site, its latest score, the one of about a week before, and the part that costs it most."""

    site: Site
    latest: SiteScore | None
    before: SiteScore | None

    @property
    def worst(self) -> str:
        """The key of the part that loses most points; empty when none loses any."""
        parts = self.latest.parts if self.latest else []
        lost = max(parts, key=lambda part: part["most"] - part["points"], default=None)
        return lost["key"] if lost and lost["most"] > lost["points"] else ""


def scored(sites: Sequence[Site], today: date) -> list[Scored]:
    """The sites with their scores, the worst first; those without one last."""
    rows: dict[int, list[SiteScore]] = defaultdict(list)
    for row in SiteScore.objects.filter(site_id__in=[site.id for site in sites], day__gte=today - timedelta(days=8)):
        rows[row.site_id].append(row)
    found = []
    for site in sites:
        mine = sorted(rows[site.id], key=lambda row: row.day)
        before = [row for row in mine if mine and row.day <= mine[-1].day - timedelta(days=6)]
        found.append(Scored(site, mine[-1] if mine else None, before[-1] if before else None))
    return sorted(found, key=lambda row: (row.latest is None, row.latest.score if row.latest else 0, row.site.name))


def course(site: Site, today: date) -> list[SiteScore]:
    """A site's scores of the last weeks, oldest first."""
    return list(SiteScore.objects.filter(site=site, day__gt=today - COURSE).order_by("day"))


def usual_score(rows: Sequence[SiteScore], day: date) -> int | None:
    """The median score of the week before a day; None while fewer than three days of it are known."""
    known = [row.score for row in rows if day - BEFORE <= row.day < day]
    return round(median(known)) if len(known) >= LEAST_DAYS else None


def fell(score: int | None, usual: int | None) -> bool:
    """Whether somebody should look: fifteen below what is usual, or below sixty where that is not usual."""
    if score is None or usual is None:
        return False
    return score <= usual - FELL_BY or score < LOW <= usual


def fallen(sites: Sequence[Site], today: date) -> list[tuple[Site, int, int]]:
    """The sites whose latest score (of today or yesterday) is well below the usual one, with both."""
    rows: dict[int, list[SiteScore]] = defaultdict(list)
    recent = SiteScore.objects.filter(site_id__in=[site.id for site in sites], day__gte=today - BEFORE - BEFORE)
    for row in recent.defer("parts").order_by("day"):
        rows[row.site_id].append(row)
    found = []
    for site in sites:
        latest = rows[site.id][-1] if rows[site.id] else None
        if latest is None or latest.day < today - timedelta(days=1):
            continue
        usual = usual_score(rows[site.id], latest.day)
        if fell(latest.score, usual):
            found.append((site, latest.score, usual or 0))
    return found
