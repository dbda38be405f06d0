"""The list of sites, adding one, changing one, and the ends of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.access import visible
from apps.analytics.enums import SiteStatus
from apps.analytics.forms import NewSiteForm, SiteForm
from apps.analytics.models import Site
from apps.analytics.selectors.sites import sites_listed
from apps.analytics.services import sites as services
from apps.analytics.views import site_table
from apps.analytics.views.base import OrganizationView, SiteView


class SiteList(OrganizationView):
    """`/o/<slug>/traffic/`: which sites are measured, and how they are doing today."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The table; a business with one site goes straight to it."""
        mine = visible(request.user, "site.view", Site.objects.all(), membership=request.membership)  # type: ignore[attr-defined]
        listed = sites_listed(mine, request.GET)
        if not request.GET and listed.total == 1 and self.organization.kind == "business":
            return redirect("analytics:site", slug, listed.sites[0].script_id)
        facts = {
            "columns": site_table.columns(request.GET),
            "rows": site_table.rows(request, listed.sites),
            "pager": site_table.pager(request.GET, listed),
            "total": listed.total,
            "search": request.GET.get("q", ""),
            "status_tabs": site_table.status_tabs(request.GET),
            "may_create": self.may("site.create"),
        }
        return render(request, "analytics/site_list.html", facts)


class SiteNew(OrganizationView):
    """`/o/<slug>/traffic/new/`."""

    action = "site.create"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The empty form."""
        return render(request, "analytics/site_new.html", {"form": NewSiteForm()})

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Add it and go on to the tracking code."""
        form = NewSiteForm(request.POST)
        if not form.is_valid():
            return render(request, "analytics/site_new.html", {"form": form}, status=422)
        site = services.site_create(
            actor=request.user, name=form.cleaned_data["name"], domains=[form.cleaned_data["address"]]
        )
        return redirect("analytics:site-install", slug, site.script_id)


class SiteSettingsPage(SiteView):
    """`…/settings/`."""

    action = "site.edit"

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The form, filled."""
        return self._page(SiteForm(initial=SiteForm.initial_of(self.site)))

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Store what changed."""
        form = SiteForm(request.POST, site=self.site)
        if not form.is_valid():
            return self._page(form, status=422)
        data = form.cleaned_data
        services.site_update(
            site=self.site, actor=request.user, name=data["name"], domains=data["domains"],
            cross_domains=data["cross_domains"],
            settings=replace(form.settings(), refused_hosts=self.site.options.refused_hosts),
        )
        messages.success(request, _("Saved. Open pages pick it up within five minutes."))
        return redirect("analytics:site-settings", slug, script_id)

    def _page(self, form: SiteForm, status: int = 200) -> HttpResponse:
        here = [self.organization.slug, self.site.script_id]
        facts: dict[str, Any] = {
            "site": self.site, "form": form, "may_delete": self.may("site.delete", self.site),
            "site_href": reverse("analytics:site", args=here),
            "action_href": reverse("analytics:site-action", args=here),
        }
        return render(self.request, "analytics/site_settings.html", facts, status=status)


class SiteAction(SiteView):
    """`…/do/`: pause, resume, archive; POST with `do`."""

    action = "site.edit"
    STATUSES = {"pause": SiteStatus.PAUSED, "resume": SiteStatus.ACTIVE, "archive": SiteStatus.ARCHIVED}

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Change the status and say so."""
        status = self.STATUSES.get(request.POST.get("do", ""))
        if status is None:
            return HttpResponse(_("There is no such action."), status=400)
        services.site_update(site=self.site, actor=request.user, status=status)
        words = {
            SiteStatus.PAUSED: _("Paused: nothing is counted until you resume."),
            SiteStatus.ACTIVE: _("Counting again."),
            SiteStatus.ARCHIVED: _("Archived. Its figures stay."),
        }
        messages.success(request, words[status])
        return redirect("analytics:site-settings", slug, script_id)


class SiteDelete(SiteView):
    """`…/delete/`: with the site's name typed."""

    action = "site.delete"

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Delete the site and all that was counted for it, when the name was typed right."""
        try:
            services.site_delete(site=self.site, actor=request.user, typed_name=request.POST.get("confirmation", ""))
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("analytics:site-settings", slug, script_id)
        messages.success(request, _("The site and its figures are deleted."))
        return redirect("analytics:site-list", slug)
