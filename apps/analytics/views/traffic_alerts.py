"""What an owner wants to be warned of at a site."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.analytics.forms_sharing import AlertForm
from apps.analytics.models import TrafficAlert
from apps.analytics.services.traffic_alerts import LIMITS, traffic_alert_set
from apps.analytics.views.base import SiteView


class AlertPage(SiteView):
    """`…/alerts/`."""

    action = "site.edit"

    @cached_property
    def alert(self) -> TrafficAlert | None:
        """What is set so far."""
        return TrafficAlert.objects.filter(site=self.site).first()

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The limits."""
        return self._page(AlertForm(initial={name: getattr(self.alert, name, None) for name in LIMITS}))

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Set them."""
        form = AlertForm(request.POST)
        if form.is_valid():
            try:
                traffic_alert_set(actor=request.user, site=self.site, **form.cleaned_data)
                messages.success(request, _("Saved."))
                return redirect("analytics:site-alerts", slug, script_id)
            except ValidationError as error:
                form.add_all(error)
        return self._page(form, status=422)

    def _page(self, form: AlertForm, status: int = 200) -> HttpResponse:
        facts: dict[str, Any] = {
            "site": self.site, "title": _("Warnings"), "form": form,
            "alert": self.alert, "question": _("When do you want to hear of this site at once?"),
        }
        return render(self.request, "analytics/traffic_alerts.html", facts, status=status)
