"""The tab with a site's events as they happen."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.site_tabs import SiteTab, add

add(SiteTab("live", _("Live"), "analytics:site-live", order=5))
