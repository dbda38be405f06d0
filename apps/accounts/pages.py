"""What every page of an organization is made from: a view that says which right it needs."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from apps.accounts.access import can, require
from apps.accounts.models import Membership, Organization


class OrganizationView(View):
    """A page under `/o/<slug>/`. `action` is the right it needs; `post_action` the one to change something there.

    `asks_again` pages want the password (or another proof) from the last ten minutes. They are not resumed as allauth
    does with its own: a resumed request would run outside the organization of its address.
    """

    action: ClassVar[str] = ""
    post_action: ClassVar[str] = ""
    asks_again: ClassVar[bool] = False
    template: ClassVar[str] = ""
    organization: Organization
    membership: Membership

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Take over what the middleware found."""
        super().setup(request, *args, **kwargs)
        if request.organization is None or request.organization.slug != kwargs.get("slug"):  # type: ignore[attr-defined]
            raise Http404
        self.organization = request.organization  # type: ignore[attr-defined]
        self.membership = request.membership  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask for the right before anything else."""
        action = self.action if request.method in {"GET", "HEAD", "OPTIONS"} else self.post_action or self.action
        if not action:
            raise ImproperlyConfigured(f"{type(self).__name__} must say which action it needs")
        require(request.user, action, membership=self.membership)
        kwargs.pop("slug", None)
        if self.asks_again and not did_recently_reauthenticate(request):
            return redirect(reverse("account_reauthenticate") + "?" + urlencode({"next": request.path}))
        return super().dispatch(request, *args, **kwargs)

    def may(self, action: str, obj: Any = None) -> bool:
        """Whether the person may do something else here: for buttons."""
        return can(self.request.user, action, obj, membership=self.membership)

    def page(self, part: str = "", *, status: int = 200, **context: Any) -> HttpResponse:
        """The page, or one of its partials when `part` names it."""
        name = f"{self.template}#{part}" if part else self.template
        return render(self.request, name, context, status=status)
