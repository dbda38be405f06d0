"""Tabs of a site that follow its visitors."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.selectors.trade_figures import sells
from apps.analytics.site_tabs import SiteTab, add

add(SiteTab("goals", _("Goals"), "analytics:site-goals", order=10))
add(SiteTab("funnels", _("Funnels"), "analytics:site-funnels", order=20))
add(SiteTab("paths", _("Paths"), "analytics:site-paths", order=30))
add(SiteTab("retention", _("Retention"), "analytics:site-retention", order=40))
add(SiteTab("shop", _("Shop"), "analytics:site-shop", order=15, shown=sells))
