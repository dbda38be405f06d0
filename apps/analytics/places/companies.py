"""Where companies stand in the app: in the rail, on home, in the feed, the palette and a site's tabs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.analytics import site_tabs
from apps.analytics.selectors.companies import companies_shown, hot_companies
from apps.core import navigation, palette
from apps.metrics import home
from apps.metrics.registry import Tone

navigation.add(navigation.Place("companies", _("Companies"), "building-2", "analytics:company-list", "company.view"))
site_tabs.add(site_tabs.SiteTab("companies", _("Companies"), "analytics:site-companies", "company.view", order=45))


def _hot(organization: Any) -> list[home.Need]:
    """The hottest companies: somebody there is interested right now."""
    return [
        home.Need(
            text=_("%(company)s is hot") % {"company": company.name}, icon="flame", tone=Tone.GOOD,
            href=reverse("analytics:company", args=[organization.slug, company.pk]), at=company.last_seen_at,
            detail=_("Score %(score)s of 100, %(visits)s visits so far.") % {
                "score": company.score, "visits": company.visits
            },
            action=_("Look at it"),
        )
        for company in hot_companies(3)
    ]


home.add_needs(home.NeedFinder("companies", _hot, action="company.view", order=60))
home.add_activity(
    home.Activity(
        "analytics.company_became_hot", "flame", "company.view", tone=Tone.GOOD,
        words=lambda payload: _("%(company)s became hot") % {"company": payload.get("name", "")},
        href=lambda organization, payload: reverse(
            "analytics:company", args=[organization.slug, payload.get("company_id", 0)]
        ),
    )
)


def _found(request: Any, words: str, most: int) -> Iterator[palette.Entry]:
    """Companies by name or domain."""
    rows = companies_shown().filter(Q(name__icontains=words) | Q(domain__icontains=words))
    for row in rows.order_by("-score", "id")[:most]:
        url = reverse("analytics:company", args=[request.organization.slug, row.pk])
        yield palette.Entry(row.name, icon="building-2", url=url, hint=row.domain)


palette.add_finder(palette.Finder("companies", "company.view", _found, order=40))
