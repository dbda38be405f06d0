"""Addresses without an organization, for keys and tokens: `/api/analytics/overview` and the like.

They lead to the same views as the long ones. The organization is the key's, or the only one the token's person is in.
Sessions of the browser are not taken here: which organization they are about stands in the address of every page.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from apps.accounts.models import ApiKey, Membership, Organization
from apps.accounts.tenant_api.authentication import KeyAuthentication, TokenAuthentication
from apps.core.api.problems import Problem
from apps.core.tenancy import every_tenant

CALLERS = [KeyAuthentication, TokenAuthentication]


def short(view: Any, *, action: str = "") -> Any:
    """A tenant view for reading at a short address; `action` is the view set's."""
    if action:
        return view.as_view({"get": action}, authentication_classes=CALLERS)
    return view.as_view(authentication_classes=CALLERS)


def organization_meant(request: Request) -> Organization:
    """The one this caller belongs to; raises Problem when there are several, Http404 when there is none."""
    if isinstance(request.auth, ApiKey):
        return request.auth.organization
    with every_tenant():
        mine = Membership.objects.filter(user=request.user, is_active=True, organization__delete_after=None)
        found = list(mine.select_related("organization")[:2])
    if len(found) > 1:
        raise Problem(400, "bad-request", _("You are in several organizations: ask at /api/v1/organizations/<slug>/."))
    if not found:
        raise Http404
    return found[0].organization
