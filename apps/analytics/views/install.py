"""The tracking code, how to put it in, and whether it is there."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.installation import platforms
from apps.analytics.services import detection
from apps.analytics.views.base import SiteView


def snippet(script_id: str) -> str:
    """The one line that goes into every page."""
    return f'<script defer src="{settings.COLLECTOR_URL}/t/{script_id}.js"></script>'


class InstallPage(SiteView):
    """`…/install/`; the status part renews itself until the first event has come."""

    action = "site.edit"

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The page, or for its own renewal only the status."""
        here = [slug, script_id]
        facts = {
            "site": self.site,
            "snippet": snippet(script_id),
            "platforms": platforms(snippet(script_id)),
            "finding": detection.finding_of(self.site),
            "status_href": reverse("analytics:site-install", args=here),
            "check_href": reverse("analytics:site-check", args=here),
            "site_href": reverse("analytics:site", args=here),
        }
        template = "analytics/install.html#status" if request.htmx else "analytics/install.html"  # type: ignore[attr-defined]
        return render(request, template, facts)


class CheckNow(SiteView):
    """`…/install/check/`: look at the site now, in the background."""

    action = "site.edit"

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Ask for a look; the status part shows what it finds."""
        detection.check_request(site=self.site)
        answer = HttpResponse(_("Looking at your site…"))
        answer["HX-Trigger"] = "site-check"
        return answer
