"""The companies of one site."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.selectors.companies import companies_listed, company_choices
from apps.analytics.views import company_table as table
from apps.analytics.views.base import SiteView


class SiteCompanies(SiteView):
    """`…/companies/`: which businesses visited this site."""

    action = "company.view"

    @property
    def subject(self) -> None:
        """Companies belong to the organization; who may see them may see those of every site."""
        return None

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The directory, narrowed to the site."""
        params = request.GET.copy()
        params["site"] = self.site.script_id
        listed = companies_listed(params)
        facts = {
            "site": self.site, "title": _("Companies"),
            "question": _("Which businesses visit this site?"),
            "columns": table.columns(request.GET), "rows": table.rows(slug, listed),
            "pager": table.pager(request.GET, listed), "tabs": table.tabs(request.GET, company_choices()),
            "search": request.GET.get("q", ""), "is_off": self.site.options.companies == "off",
            "all_href": reverse("analytics:company-list", args=[slug]),
            "settings_href": reverse("analytics:site-settings", args=[slug, self.site.script_id]),
            "may_edit": self.may("site.edit", self.site), "is_filtered": bool(request.GET),
        }
        return render(request, "analytics/companies/site.html", facts)
