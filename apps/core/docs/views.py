"""The guide for everybody at `/help/`, and within the frame of an organization at `/o/<slug>/help/`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views import View

from apps.core.docs import guide


class GuidePage(View):
    """One page; without a name the first. A page that the guide does not have is a 404."""

    def get(self, request: HttpRequest, page: str = guide.INDEX, **where: Any) -> HttpResponse:
        """The page with its sections and the list of all pages."""
        found = guide.pages().get(page)
        if found is None:
            raise Http404

        def address(key: str) -> str:
            return self.address(key, **where)

        html, headings = guide.drawn(found, address)
        facts = {
            "page": found,
            "html": html,
            "headings": headings,
            "contents": [
                {"title": one.title, "href": address(one.key), "active": one is found} for one in guide.pages().values()
            ],
            "is_translated": (get_language() or "en").startswith("en"),
        }
        return render(request, "help/page.html", facts)

    def address(self, key: str, **where: Any) -> str:
        """Where a page is shown; raises LookupError for one that the guide links to and does not have."""
        if key not in guide.pages():
            raise LookupError(f"the guide has no page {key}")
        names = {**where} if key == guide.INDEX else {**where, "page": key}
        return reverse(f"help:{self.prefix}{'index' if key == guide.INDEX else 'page'}", kwargs=names)

    prefix: ClassVar[str] = ""


class MemberGuidePage(GuidePage):
    """The same for members, beside the rail. The middleware has let in nobody else."""

    action = "organization.view"
    prefix = "member-"

    def get(self, request: HttpRequest, page: str = guide.INDEX, **where: Any) -> HttpResponse:
        """The page, for members only."""
        if getattr(request, "membership", None) is None:
            raise Http404
        return super().get(request, page, **where)
