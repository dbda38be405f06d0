"""Where web analytics stands in the app: in the rail, among the first steps, among what can be assigned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts import assignables, onboarding
from apps.accounts.access import visible
from apps.analytics.enums import SiteStatus
from apps.analytics.metrics.traffic import MOMENTS
from apps.analytics.models import Site
from apps.core import navigation, palette
from apps.metrics import home
from apps.metrics.registry import Tone

navigation.add(navigation.Place("traffic", _("Traffic"), "chart-no-axes-column", "analytics:site-list", "site.view"))

assignables.register_assignable(
    assignables.Assignable(
        "site", _("Sites"), ("analytics.view_site", "analytics.change_site"), lambda: Site.objects.order_by("name")
    )
)

onboarding.register(
    onboarding.Step(
        "site", _("Add your web site"), _("Its address is enough."), "analytics:site-new",
        lambda organization: Site.objects.exists(), button=_("Add a site"), action="site.create",
        order=10, kinds=("business",),
    )
)
onboarding.register(
    onboarding.Step(
        "tracking", _("Put the tracking code in"), _("One line; the first visit ticks this off."),
        "analytics:site-list", lambda organization: Site.objects.exclude(detected_at=None).exists(),
        button=_("Show the code"), action="site.create", order=20,
        kinds=("business",),
    )
)

for _order, _key in enumerate(
    ("visitors", "revenue", "conversions", "conversion_rate", "orders", "pageviews", "engaged_time", "bounce_rate")
):
    home.add_card(home.Card(f"analytics.{_key}", order=10 + _order))
home.add_moments(MOMENTS)
home.add_activity(
    home.Activity("analytics.site_created", "globe", "site.view"),
    home.Activity("analytics.first_event_seen", "activity", "site.view", tone=Tone.GOOD),
    home.Activity("analytics.site_deleted", "trash-2", "site.view"),
)
SILENT_AFTER = timedelta(days=2)


def _silent_sites(organization: Any) -> list[home.Need]:
    """Sites whose code was never seen, and sites that fell silent."""
    needs = []
    for site in Site.objects.filter(status=SiteStatus.ACTIVE).order_by("last_event_at", "name"):
        page = reverse("analytics:site-install", args=[organization.slug, site.script_id])
        if not site.is_detected:
            needs.append(home.Need(
                text=_("No visit of %(site)s has been seen yet") % {"site": site.name}, icon="code", href=page,
                detail=_("The tracking code is missing, or nobody has come."), action=_("Put the code in"),
            ))
        elif site.last_event_at and site.last_event_at < timezone.now() - SILENT_AFTER:
            needs.append(home.Need(
                text=_("%(site)s has fallen silent") % {"site": site.name}, icon="unplug", href=page, tone=Tone.BAD,
                detail=_("Nothing has arrived for two days. Is the tracking code still there?"), action=_("Check it"),
            ))
    return needs[:5]


def _health(org_ids: Sequence[int]) -> Mapping[int, tuple[Tone, Any]]:
    """The worst of each client's sites."""
    found: dict[int, tuple[Tone, Any]] = {org_id: (Tone.NEUTRAL, _("No site yet")) for org_id in org_ids}
    silent = timezone.now() - SILENT_AFTER
    rows = Site.objects.filter(organization_id__in=org_ids, status=SiteStatus.ACTIVE)
    for org_id, detected_at, last_at in rows.values_list("organization_id", "detected_at", "last_event_at"):
        if last_at and last_at < silent:
            found[org_id] = (Tone.BAD, _("A site is silent"))
        elif detected_at is None and found[org_id][0] is not Tone.BAD:
            found[org_id] = (Tone.ATTENTION, _("A site was never seen"))
        elif found[org_id][0] is Tone.NEUTRAL:
            found[org_id] = (Tone.GOOD, _("All well"))
    return found


home.add_needs(home.NeedFinder("sites", _silent_sites, action="site.edit", order=10))
home.add_health(home.Health("sites", _health))


def _sites(request: Any, words: str, most: int) -> Iterator[palette.Entry]:
    """The sites a person may see, by name or address."""
    mine = visible(request.user, "site.view", Site.objects.all(), membership=request.membership)
    named = Q(name__icontains=words) | Q(domains__icontains=words)
    for site in mine.filter(named).exclude(status=SiteStatus.ARCHIVED).order_by("name", "id")[:most]:
        url = reverse("analytics:site", args=[request.organization.slug, site.script_id])
        yield palette.Entry(site.name, icon="globe", url=url, hint=site.domains[0] if site.domains else "")


palette.add_finder(palette.Finder("sites", "site.view", _sites, order=10))
palette.add_deed(palette.Deed(
    "site", _("New site"), icon="plus", action="site.create", order=10, also=_("add web site"),
    address=lambda slug: reverse("analytics:site-new", args=[slug]),
))
palette.add_deed(palette.Deed(
    "visitors", _("Export visitors"), icon="download", action="metrics.view", order=50, also="CSV",
    address=lambda slug: reverse("metrics:csv", args=[slug, "analytics.visitors"]) + "?range=28d",
))
