"""Lists of companies, and what one of them did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import Count, Q, Sum
from django.utils import timezone

from apps.analytics.enums import COMPANY_KINDS, CompanyMode, Confidence, NetworkKind, Temperature
from apps.analytics.models import Company, CompanyScore, CompanyVisit, NetworkDay, Session, Site

PAGE = 50
GUESS = "guess:"  # before the industry that a name suggests
MOST_EXPORTED = 50_000
_SORTS = {
    "score": ("score", "id"), "-score": ("-score", "-last_seen_at", "id"),
    "name": ("name", "id"), "-name": ("-name", "-id"),
    "visits": ("visits", "id"), "-visits": ("-visits", "-id"),
    "pages": ("pageviews", "id"), "-pages": ("-pageviews", "-id"),
    "last": ("last_seen_at", "id"), "-last": ("-last_seen_at", "-id"),
    "first": ("first_seen_at", "id"), "-first": ("-first_seen_at", "-id"),
}


@dataclass(frozen=True)
class Listed:
    """A page of companies, how many match, and where the page begins."""

    companies: list[Company]
    total: int
    offset: int
    more: bool
    sites: Mapping[int, int]


def companies_shown() -> models.QuerySet[Company]:
    """Companies of the scope that are ones and are not hidden."""
    return Company.objects.filter(merged_into=None, hidden_at=None, kind__in=COMPANY_KINDS)


def companies_matching(params: Mapping[str, Any]) -> models.QuerySet[Company]:
    """Companies by the filters of an address: `q`, `temperature` (also `hidden` and `dismissed`), `industry`
    (`guess:` before one that names suggest),
    `country`, `kind`, `confidence`, `site` (a script id), in the order `sort` says."""
    state = params.get("temperature", "")
    found = companies_shown()
    if state == "hidden":
        found = Company.objects.filter(merged_into=None, kind__in=COMPANY_KINDS).exclude(hidden_at=None)
    elif state == "dismissed":
        found = Company.objects.filter(merged_into=None).exclude(kind__in=COMPANY_KINDS)
    elif state in Temperature.values:
        found = found.filter(temperature=state)
    for name, allowed in (("kind", NetworkKind.values), ("confidence", Confidence.values)):
        if params.get(name) in allowed:
            found = found.filter(**{name: params[name]})
    if country := params.get("country", "")[:2]:
        found = found.filter(country=country)
    if industry := params.get("industry", "")[:100]:
        guess = industry.removeprefix(GUESS)
        by_name = {"industry": "", "industry_guess": guess}
        found = found.filter(**(by_name if guess != industry else {"industry": industry}))
    if script_id := params.get("site", "")[:12]:
        visits = CompanyVisit.objects.filter(company=models.OuterRef("pk"), site__script_id=script_id)
        found = found.filter(models.Exists(visits))
    if word := params.get("q", "").strip()[:100].replace("\0", ""):
        found = found.filter(Q(name__icontains=word) | Q(domain__icontains=word) | Q(network_name__icontains=word))
    return found.order_by(*_SORTS.get(params.get("sort", ""), _SORTS["-score"]))


def companies_listed(params: Mapping[str, Any]) -> Listed:
    """One page of them."""
    found = companies_matching(params)
    text = str(params.get("offset", ""))
    offset = int(text[:9]) if text.isascii() and text.isdigit() else 0
    rows = list(found[offset : offset + PAGE + 1])
    return Listed(rows[:PAGE], found.order_by().count(), offset, len(rows) > PAGE, _sites_of(rows[:PAGE]))


def _sites_of(rows: Sequence[Company]) -> dict[int, int]:
    found = CompanyVisit.objects.filter(company__in=[row.pk for row in rows]).values("company_id")
    return dict(found.annotate(number=Count("site_id", distinct=True)).values_list("company_id", "number"))


@dataclass(frozen=True)
class Choices:
    """What there is to filter by."""

    industries: list[str]
    countries: list[str]
    sites: list[Site]
    temperatures: Mapping[str, int]


def company_choices() -> Choices:
    """The industries, countries, sites and temperatures that occur."""
    shown = companies_shown()
    return Choices(
        _industries(shown),
        list(shown.exclude(country="").order_by("country").values_list("country", flat=True).distinct()[:250]),
        list(Site.objects.order_by("name", "id")[:100]),
        dict(shown.values("temperature").annotate(number=Count("id")).values_list("temperature", "number")),
    )


def _industries(shown: models.QuerySet[Company]) -> list[str]:
    """What owners and services say, then what names suggest of the others."""
    said = shown.exclude(industry="").order_by("industry").values_list("industry", flat=True).distinct()[:100]
    guessed = shown.filter(industry="").exclude(industry_guess="").order_by("industry_guess")
    return [*said, *(f"{GUESS}{value}" for value in guessed.values_list("industry_guess", flat=True).distinct())]


@dataclass(frozen=True)
class Recognition:
    """What recognition has to work with: whether any site wants it, and the visits of the last thirty days by kind."""

    is_on: bool
    has_sites: bool
    by_kind: Mapping[str, int]

    @property
    def seen(self) -> int:
        """Visits that were looked at."""
        return sum(self.by_kind.values())


def recognition(days: int = 30) -> Recognition:
    """For the organization in scope."""
    sites = list(Site.objects.all())
    since = timezone.now().date() - timedelta(days=days)
    rows = NetworkDay.objects.filter(day__gte=since).values("kind").annotate(number=Sum("visits"))
    return Recognition(
        any(site.options.companies != CompanyMode.OFF for site in sites), bool(sites),
        dict(rows.values_list("kind", "number")),
    )


def sites_of(company: Company) -> list[Site]:
    """The sites it visited."""
    ids = CompanyVisit.objects.filter(company=company).values("site_id")
    return list(Site.objects.filter(id__in=ids).order_by("name", "id")[:20])


def visits_of(company: Company, limit: int = 20, offset: int = 0) -> list[Session]:
    """A company's visits, the newest first."""
    ids = CompanyVisit.objects.filter(company=company).values("session_id")
    found = Session.objects.filter(id__in=ids).select_related("site").order_by("-started_at", "-id")
    return list(found.defer("seen")[offset : offset + limit])


_HAPPENED = """
SELECT {value}, count(*) AS number, count(DISTINCT e.session_id) FROM analytics_event e
WHERE e.session_id IN (SELECT v.session_id FROM analytics_companyvisit v WHERE v.company_id = %s) AND {only}
GROUP BY 1 ORDER BY number DESC, 1 LIMIT %s
"""


def pages_of(company: Company, limit: int = 10) -> list[tuple[str, int, int]]:
    """The pages it opened: path, page views, visits."""
    return _happened("e.path", "e.name = 'pageview' AND e.path <> ''", company, limit)


def events_of(company: Company, limit: int = 10) -> list[tuple[str, int, int]]:
    """What it did beside opening pages: name, times, visits."""
    return _happened("e.name", "e.name NOT IN ('pageview', 'leave', 'vitals', 'identify')", company, limit)


def _happened(value: str, only: str, company: Company, limit: int) -> list[tuple[str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_HAPPENED.format(value=value, only=only), [company.pk, limit])
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def scores_of(company: Company, since: date) -> list[CompanyScore]:
    """Its scores since a day, the oldest first."""
    return list(CompanyScore.objects.filter(company=company, day__gte=since).order_by("day"))


def newest_score(company: Company) -> CompanyScore | None:
    """The score it has now, with its parts."""
    return CompanyScore.objects.filter(company=company).order_by("-day").first()


def hot_companies(most: int = 3) -> list[Company]:
    """The hottest, for the home page."""
    return list(companies_shown().filter(temperature=Temperature.HOT).order_by("-score", "-last_seen_at")[:most])


def merge_targets(company: Company, most: int = 200) -> list[Company]:
    """Companies this one could be merged into: those of its domain first, then by name."""
    same = Q(domain=company.domain) if company.domain else Q(pk=None)
    rows = companies_shown().exclude(pk=company.pk)
    return list(rows.order_by(models.Case(models.When(same, then=0), default=1), "name")[:most])
