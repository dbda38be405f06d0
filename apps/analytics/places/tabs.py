"""The first tab of a site. Every feature adds its own in a file beside this one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.site_tabs import SiteTab, add

add(SiteTab("overview", _("Overview"), "analytics:site", order=0))
add(SiteTab("install", _("Tracking code"), "analytics:site-install", "site.edit", order=80, setup=True, icon="code"))
add(SiteTab("settings", _("Site settings"), "analytics:site-settings", "site.edit", order=90, setup=True,
            icon="settings"))
