"""The tab of a site under which history is taken in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.site_tabs import SiteTab, add

add(SiteTab("history", _("Import history"), "analytics:site-history", "site.edit", order=90, setup=True,
            icon="history"))
