"""Fetching history from Google Analytics: signing in, choosing the property and the days."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.access import require
from apps.analytics.forms_imports import FetchForm
from apps.analytics.providers.past.base import Property, pasts
from apps.analytics.providers.past.google import GoogleAnalyticsPast
from apps.analytics.services import import_fetch as services
from apps.analytics.views.base import SiteView
from apps.connections.oauth_views import send_to_vendor
from apps.core.models import Connection
from apps.core.providers import ProviderError


class ImportFetch(SiteView):
    """`…/history/google/`: the account, and what to fetch from it."""

    action = "site.edit"

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The properties the account sees, or the way to sign in."""
        return self._page(FetchForm(self.properties, self.site) if self.account else None)

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Fetch; the import's page then tells how far it is."""
        if self.account is None:
            return redirect(self.path)
        form = FetchForm(self.properties, self.site, request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        data = form.cleaned_data
        try:
            row = services.import_fetch(
                actor=request.user, site=self.site, connection=self.account, key=data["property"],
                offered=self.properties, first=data["first"], last=data["last"],
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(form, status=422)
        return redirect("analytics:import", slug, script_id, row.pk)

    @cached_property
    def account(self) -> Connection | None:
        """The organization's account."""
        return services.past_account()

    @cached_property
    def properties(self) -> list[Property]:
        """What the account sees; nothing, and the reason in `trouble`, when it does not say."""
        try:
            return services.past_properties(self.account) if self.account else []
        except ProviderError as error:
            self.trouble = str(error)
            return []

    trouble = ""

    @property
    def path(self) -> str:
        """This page."""
        return reverse("analytics:import-fetch", args=[self.organization.slug, self.site.script_id])

    def _page(self, form: FetchForm | None, status: int = 200) -> HttpResponse:
        here = [self.organization.slug, self.site.script_id]
        return render(self.request, "analytics/imports/fetch.html", {
            "site": self.site, "title": _("Fetch from Google Analytics"), "form": form, "account": self.account,
            "trouble": self.trouble, "is_set_up": GoogleAnalyticsPast.is_set_up(),
            "may_connect": self.may("connection.manage"), "may_demo": settings.DEMO or settings.DEBUG,
            "list_href": reverse("analytics:site-history", args=here),
            "account_href": reverse("analytics:import-account", args=here),
        }, status=status)


class ImportAccount(SiteView):
    """`…/history/google/account/`: POST with `do` (sign-in, demo, disconnect)."""

    action = "site.edit"

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Off to Google, or back to the page."""
        require(request.user, "connection.manage", membership=request.membership)  # type: ignore[attr-defined]
        back = reverse("analytics:import-fetch", args=[slug, script_id])
        account, wanted = services.past_account(), request.POST.get("do", "")
        if wanted == "sign-in":
            return self._sign_in(account, back)
        if wanted == "demo" and account is None and (settings.DEMO or settings.DEBUG):
            services.past_demo_account(actor=request.user)
        elif wanted == "disconnect" and account is not None:
            services.past_disconnect(actor=request.user, connection=account)
            messages.success(request, _("The account is disconnected. What was fetched stays."))
        return redirect(back)

    def _sign_in(self, account: Connection | None, back: str) -> HttpResponse:
        again = account if account is not None and account.provider == GoogleAnalyticsPast.key else None
        values: dict[str, Any] = dict(again.config) if again else {}
        return send_to_vendor(
            self.request, pasts.kind, GoogleAnalyticsPast, name=str(GoogleAnalyticsPast.label), connection=again,
            values=values, back=back,
        )
