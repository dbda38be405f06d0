"""What is kept of one visitor: shown, handed out, erased. For the person who asks a business what it knows of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.selectors import kept
from apps.analytics.services.store_jobs import erasures_of, visitor_erase
from apps.analytics.views.base import SiteView

LONGEST_UID = 128


class VisitorView(SiteView):
    """A page about the visitor whom the site calls `uid`."""

    action = "site.edit"

    @property
    def uid(self) -> str:
        """The id that was typed; empty before anything was."""
        given = self.request.GET if self.request.method == "GET" else self.request.POST
        return given.get("uid", "").replace("\x00", "").strip()[:LONGEST_UID]


class VisitorPage(VisitorView):
    """`…/settings/visitor/?uid=…`: what there is, and the way to erase it."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The question, and the answer once it was asked."""
        facts: dict[str, Any] = {
            "site": self.site, "uid": self.uid, "kept": kept.kept_of(self.site, self.uid) if self.uid else None,
            "erasures": erasures_of(self.site),
            "settings_href": reverse("analytics:site-settings", args=[slug, script_id]),
        }
        return render(request, "analytics/visitor.html", facts)

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Erase, when the id was typed once more."""
        if not self.uid or request.POST.get("confirmation", "").strip() != self.uid:
            messages.error(request, _("Type the visitor's id exactly to erase what is kept."))
        else:
            visitor_erase(site=self.site, actor=request.user, uid=self.uid)
            messages.success(request, _("The visitor is being erased. It takes up to a minute."))
        return redirect("analytics:site-visitor", slug, script_id)


class VisitorJson(VisitorView):
    """`…/settings/visitor.json?uid=…`: everything that is kept, as a file."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The file."""
        answer = JsonResponse(kept.everything_of(self.site, self.uid), json_dumps_params={"indent": 2})
        answer["Content-Disposition"] = 'attachment; filename="visitor.json"'
        answer["Cache-Control"] = "private, no-store"
        return answer
