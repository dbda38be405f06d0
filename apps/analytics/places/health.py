"""Where tracking's own health stands: in the rail for those who look after it, as a tab of each site, on home when a
score has fallen, in the palette."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import SiteStatus
from apps.analytics.models import Site
from apps.analytics.selectors.scores import fallen
from apps.analytics.site_tabs import SiteTab, add
from apps.core import navigation, palette
from apps.metrics import home, live
from apps.metrics.registry import Tone

navigation.add(navigation.Place(
    "monitoring", _("Monitoring"), icon="activity", url_name="analytics:monitoring", action="monitoring.view",
))
add(SiteTab("quality", _("Data quality"), "analytics:site-quality", order=60))
palette.add_deed(palette.Deed(
    "monitoring", _("Is everything counted?"), icon="activity", action="monitoring.view", order=60,
    also=_("monitoring pipeline errors"), address=lambda slug: reverse("analytics:monitoring", args=[slug]),
))
live.register_topic(
    "monitoring", metrics=lambda organization, subject: (), action="monitoring.view", signals=("analytics",),
)
home.add_activity(
    home.Activity("analytics.pipeline_behind", "clock", "monitoring.view", tone=Tone.ATTENTION),
    home.Activity("analytics.pipeline_recovered", "circle-check", "monitoring.view", tone=Tone.GOOD),
    home.Activity("analytics.quality_fell", "trending-down", "site.view", tone=Tone.ATTENTION),
)


def _fallen(organization: Any) -> list[home.Need]:
    """Sites whose data has become worse than it usually is."""
    sites = list(Site.objects.filter(status=SiteStatus.ACTIVE).order_by("name"))
    return [
        home.Need(
            text=_("The data of %(site)s has become worse: %(score)s instead of %(usual)s")
            % {"site": site.name, "score": score, "usual": usual},
            icon="trending-down", href=reverse("analytics:site-quality", args=[organization.slug, site.script_id]),
            action=_("See why"), tone=Tone.ATTENTION,
        )
        for site, score, usual in fallen(sites, timezone.now().astimezone(organization.tz).date())
    ][:3]


home.add_needs(home.NeedFinder("quality", _fallen, action="site.edit", order=30))
