"""The tab of Google searches."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.site_tabs import SiteTab, add

add(SiteTab("searches", _("Google searches"), "analytics:site-searches", order=12))
