"""What every page about a site begins with: the site in the address, and the right to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views import View

from apps.accounts.access import can, require
from apps.analytics.models import Site


class OrganizationView(View):
    """A page of an organization. `action` is what a person must be allowed to do."""

    action = "site.view"
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask before anything is read."""
        require(request.user, self.action, self.subject, membership=request.membership)  # type: ignore[attr-defined]
        return super().dispatch(request, *args, **kwargs)

    @property
    def subject(self) -> Any:
        """The object the right is asked for; none for a page about many."""
        return None

    def may(self, action: str, obj: Any = None) -> bool:
        """Whether to offer something."""
        return can(self.request.user, action, obj, membership=self.request.membership)  # type: ignore[attr-defined]

    @property
    def organization(self) -> Any:
        """Whose page it is."""
        return self.request.organization  # type: ignore[attr-defined]


class SiteView(OrganizationView):
    """A page of one site, named by its script id."""

    @cached_property
    def site(self) -> Site:
        """The site in the address; 404 for one that is not this organization's."""
        return get_object_or_404(Site.objects, script_id=self.kwargs["script_id"])

    @property
    def subject(self) -> Site:
        """Rights are asked for this site."""
        return self.site


