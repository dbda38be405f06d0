"""Visits of companies, read from the sessions themselves: what a company did is what its visits did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.analytics.company_scoring import WINDOW_DAYS, Seen

_SEEN = """
SELECT v.company_id, count(*) FILTER (WHERE s.started_at >= %(start)s),
    coalesce(sum(s.pageviews) FILTER (WHERE s.started_at >= %(start)s), 0),
    coalesce(sum(s.engaged_ms) FILTER (WHERE s.started_at >= %(start)s), 0),
    coalesce(sum(s.conversions) FILTER (WHERE s.started_at >= %(start)s), 0),
    extract(epoch FROM %(until)s - max(s.last_at)) / 86400.0,
    count(*), coalesce(sum(s.pageviews), 0), min(s.started_at), max(s.last_at)
FROM analytics_companyvisit v JOIN analytics_session s ON s.id = v.session_id
WHERE v.company_id = ANY(%(companies)s) AND s.started_at < %(until)s
GROUP BY v.company_id
"""
_DUE = """
SELECT c.id FROM analytics_company c WHERE c.organization_id = %(org)s AND c.merged_into_id IS NULL AND (
    c.scored_at IS NULL OR (c.last_seen_at > now() - interval '1 day' AND EXISTS (
        SELECT 1 FROM analytics_companyvisit v JOIN analytics_session s ON s.id = v.session_id
        WHERE v.company_id = c.id AND s.last_at > c.scored_at - interval '5 minutes')))
ORDER BY c.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """What was seen of a company: lately, and over all that is kept."""

    lately: Seen
    visits: int
    pageviews: int
    first_seen: datetime
    last_seen: datetime


def sums_of(companies: Iterable[int], until: datetime) -> dict[int, Sums]:
    """What was seen of companies before a moment, by company; those without a visit are left out."""
    params = {"companies": list(companies), "until": until, "start": until - timedelta(days=WINDOW_DAYS)}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, params)
        rows = cursor.fetchall()
    return {row[0]: _sums(row) for row in rows}


def _sums(row: tuple[Any, ...]) -> Sums:
    _id, visits, pages, engaged_ms, conversions, days_ago, all_visits, all_pages, first, last = row
    lately = Seen(int(visits), int(pages), float(engaged_ms) / 1000, int(conversions), float(days_ago))
    return Sums(lately, int(all_visits), int(all_pages), first, last)


def companies_due(organization_id: int, most: int = 500) -> list[int]:
    """Companies in scope that were never scored, or have moved since they were."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"org": organization_id, "most": most})
        return [row[0] for row in cursor.fetchall()]
