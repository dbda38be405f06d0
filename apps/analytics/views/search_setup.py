"""Connecting a site with Search Console: signing in, choosing the property, and the way out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.models import SiteSearch
from apps.analytics.providers.searches.base import Property, search_consoles
from apps.analytics.services import searches as services
from apps.analytics.views import search_words as words
from apps.analytics.views.base import SiteView
from apps.connections.oauth_views import send_to_vendor
from apps.core.connections.services import connection_resync
from apps.core.oauth import OAuthProvider
from apps.core.providers import ProviderError


class SetupView(SiteView):
    """What the steps share: the right to connect accounts, and the site's place for one."""

    action = "connection.manage"

    @cached_property
    def row(self) -> SiteSearch | None:
        """The site's, with its account."""
        return SiteSearch.objects.select_related("connection", "site").filter(site=self.site).first()

    def at(self, name: str) -> str:
        """The address of one of the site's pages."""
        return reverse(name, args=[self.organization.slug, self.site.script_id])

    def back(self) -> HttpResponse:
        """To the figures."""
        return redirect(self.at("analytics:site-searches"))


class SearchConnect(SetupView):
    """`…/searches/connect/`: POST with `provider`."""

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Make a place for the account and go to its sign-in, or where there is none, on to the properties."""
        key = request.POST.get("provider", "")
        offer = next((one for one in words.offers() if one.key == key and one.is_ready), None)
        if offer is None:
            messages.error(request, _("This cannot be connected here."))
            return self.back()
        row = services.search_connect(actor=request.user, site=self.site, provider=key)
        account, to = row.connection, self.at("analytics:site-searches-property")
        vendor = search_consoles.get(account.provider)
        if not issubclass(vendor, OAuthProvider):
            return redirect(to)
        return send_to_vendor(request, account.kind, vendor, name=account.name, connection=account, back=to)


class SearchPropertyPage(SetupView):
    """`…/searches/property/`: which of the account's properties is this site?"""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """What the account sees, the fitting one chosen."""
        if self.row is None or self.row.connection is None:
            return self.back()
        found, problem = self._properties(self.row)
        return self._page(self.row, found, problem)

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Read it from now on."""
        if self.row is None or self.row.connection is None:
            return self.back()
        found, problem = self._properties(self.row)
        try:
            chosen = request.POST.get("property", "")
            services.property_choose(actor=request.user, row=self.row, url=chosen, offered=found)
        except ValidationError as error:
            return self._page(self.row, found, problem or error.messages[0], status=422)
        messages.success(request, _("The first figures are there in a moment; the past follows."))
        return self.back()

    def _properties(self, row: SiteSearch) -> tuple[list[Property], str]:
        try:
            return services.search_properties(row), ""
        except ProviderError as error:
            return [], str(error)

    def _page(self, row: SiteSearch, found: list[Property], problem: str, status: int = 200) -> HttpResponse:
        return render(self.request, "analytics/searches_property.html", {
            "site": self.site, "title": _("Choose the property"), "row": row, "problem": problem,
            "question": _("Which of the account's properties is this site?"), "choices": self._choices(row, found),
            "by_sign_in": issubclass(search_consoles.get(row.connection.provider), OAuthProvider),
        }, status=status)

    def _choices(self, row: SiteSearch, found: list[Property]) -> list[dict[str, Any]]:
        fitting = [one.url for one in found if one.is_readable and services.fits(one.url, self.site.domains)]
        marked = row.connection.config.get("property") or next(iter(fitting), "")
        return [
            {"url": one.url, "is_readable": one.is_readable, "fits": one.url in fitting, "chosen": one.url == marked}
            for one in found
        ]


class SearchAction(SetupView):
    """`…/searches/do/`: POST with `do`: resync, disconnect, forget."""

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Do it and say so."""
        act = {"resync": self._resync, "disconnect": self._disconnect, "forget": self._forget}.get(
            request.POST.get("do", "")
        )
        if act is None or self.row is None:
            return HttpResponse(_("There is no such action."), status=400)
        act(self.row)
        return self.back()

    def _resync(self, row: SiteSearch) -> None:
        if row.connection is not None:
            connection_resync(row.connection)
            messages.success(self.request, _("The sync starts in a moment."))

    def _disconnect(self, row: SiteSearch) -> None:
        if self._is_confirmed():
            services.search_disconnect(actor=self.request.user, row=row)
            messages.success(self.request, _("Disconnected. The figures so far stay."))

    def _forget(self, row: SiteSearch) -> None:
        if self._is_confirmed():
            services.search_forget(actor=self.request.user, row=row)
            messages.success(self.request, _("The figures are deleted."))

    def _is_confirmed(self) -> bool:
        if self.request.POST.get("confirmation", "").strip() == self.site.name:
            return True
        messages.error(self.request, _("Type the name of the site exactly to go on."))
        return False
