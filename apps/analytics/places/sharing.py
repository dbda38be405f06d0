"""Where sharing and warnings stand: among what is set up once at a site, in the feed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.site_tabs import SiteTab, add
from apps.metrics import home
from apps.metrics.registry import Tone

add(SiteTab("sharing", _("Sharing"), "analytics:site-sharing", "site.edit", order=80, setup=True, icon="share-2"))
add(SiteTab("alerts", _("Warnings"), "analytics:site-alerts", "site.edit", order=85, setup=True, icon="bell"))
home.add_activity(
    home.Activity("analytics.traffic_spike", "trending-up", "site.view", tone=Tone.GOOD),
    home.Activity("analytics.traffic_dropped", "trending-down", "site.view", tone=Tone.ATTENTION),
)
