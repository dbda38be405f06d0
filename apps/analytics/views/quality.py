"""Data quality: of one site part by part, and of all sites with the worst first."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.analytics.selectors.quality import facts_of
from apps.analytics.services import quality as services
from apps.analytics.views import quality_cards
from apps.analytics.views.base import OrganizationView, SiteView
from apps.analytics.views.monitoring import monitoring_tabs


class SiteQuality(SiteView):
    """`…/quality/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The score, its parts, and the lists behind them."""
        zone, now = self.organization.tz, timezone.now()
        found = facts_of([self.site], now.astimezone(zone).date(), zone, now)[self.site.id]
        facts: dict[str, Any] = {
            "site": self.site, "title": _("Data quality"),
            "question": _("Can the figures of this site be trusted, and what would make them better?"),
            "may_edit": self.may("site.edit", self.site), **quality_cards.facts(self.organization, found),
        }
        return render(request, "analytics/quality.html", facts)


class SiteQualityHost(SiteView):
    """`…/quality/host/`: POST with `host` and `do` (add, refuse, allow)."""

    action = "site.edit"
    SERVICES = {"add": services.host_add, "refuse": services.host_refuse, "allow": services.host_allow}

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Do it and say so."""
        service = self.SERVICES.get(request.POST.get("do", ""))
        if service is None:
            return HttpResponse(_("There is no such action."), status=400)
        try:
            service(actor=request.user, site=self.site, host=request.POST.get("host", "")[:253])
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, quality_cards.done_words(request.POST["do"], request.POST.get("host", "")))
        return redirect("analytics:site-quality", slug, script_id)


class QualityList(OrganizationView):
    """`/o/<slug>/data-quality/`: every site with its score, the worst first."""

    action = "monitoring.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The table."""
        facts = quality_cards.list_facts(self.organization, timezone.now())
        return render(request, "analytics/quality_list.html", facts | {
            "tabs": monitoring_tabs(request, self.organization, "quality"),
        })
