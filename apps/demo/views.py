"""Getting rid of the demo with one click."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from apps.accounts.access import require
from apps.accounts.models import Organization
from apps.core.background import enqueue
from apps.demo.services.setup import demo_close
from apps.demo.tasks import erase_demo


class DemoRemove(View):
    """`/o/<slug>/demo/remove/`: says what goes, and erases all of it."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """What would be removed."""
        self._check(request)
        demos = Organization.objects.filter(is_demo=True).order_by("name")
        return render(request, "demo/remove.html", {"demos": demos})

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Close it now; a worker erases what it owned."""
        self._check(request)
        demo_close()
        enqueue(erase_demo)
        messages.success(request, _("The demo is gone."))
        return redirect("/")

    @staticmethod
    def _check(request: HttpRequest) -> None:
        organization = request.organization  # type: ignore[attr-defined]
        if not (settings.DEMO and organization.is_demo):
            raise Http404
        require(request.user, "organization.delete", membership=request.membership)  # type: ignore[attr-defined]
