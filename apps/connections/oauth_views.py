"""Connecting by signing in at the vendor: the way there, and the one way back for every vendor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View

from apps.accounts.access import membership_in, require
from apps.accounts.audit import audit
from apps.accounts.models import Organization
from apps.accounts.pages import OrganizationView
from apps.core import oauth
from apps.core.connections.services import connection_authorized, connection_check
from apps.core.models import Connection
from apps.core.oauth import OAuthFailed, OAuthProvider, Pending
from apps.core.providers import ProviderError, find_vendor
from apps.core.tenancy import tenant


def send_to_vendor(
    request: HttpRequest, kind: str, vendor: type[OAuthProvider], *, name: str, connection: Connection | None = None,
    values: Mapping[str, Any] | None = None, back: str = "",
) -> HttpResponse:
    """Off to the vendor's sign-in page, or back with the reason why not."""
    organization = request.organization  # type: ignore[attr-defined]
    try:
        url = oauth.begin(
            request.session, organization_id=organization.pk, kind=kind, provider=vendor, name=name,
            redirect_uri=settings.BASE_URL + reverse("connections:oauth_callback"),
            connection_id=connection.pk if connection else None, values=values, back=back,
        )
    except OAuthFailed as error:
        messages.error(request, str(error))
        return redirect("connections:list", slug=organization.slug)
    return redirect(url)


class AgainView(OrganizationView):
    """Sign in to an existing connection again: access was withdrawn, or ran out."""

    action = "connection.manage"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same way as the first time; the connection keeps its place and its cursor."""
        row = Connection.objects.filter(pk=pk).first()
        if row is None:
            raise Http404
        vendor = find_vendor(row.kind, row.provider)
        if vendor is None or not issubclass(vendor, OAuthProvider):
            messages.error(request, _("%(name)s is not connected by signing in.") % {"name": row.name})
            return redirect("connections:detail", slug=self.organization.slug, pk=pk)
        back = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None, require_https=request.is_secure())
        return send_to_vendor(
            request, row.kind, vendor, name=row.name, connection=row, values=row.config, back=back if safe else "",
        )


class CallbackView(LoginRequiredMixin, View):
    """Where every vendor sends people back to. The state says which sign-in this is; it belongs to one session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Exchange the code, store the tokens, test the connection."""
        try:
            pending = oauth.claim(request.session, request.GET.get("state", ""))
        except OAuthFailed as error:
            messages.error(request, str(error))
            return redirect("/")
        organization = Organization.objects.filter(pk=pending.organization_id, delete_after=None).first()
        membership = membership_in(request.user, organization) if organization else None
        if organization is None or membership is None:
            raise Http404
        with tenant(organization.pk):
            require(request.user, "connection.manage", membership=membership)
            return self._finish(request, pending, organization)

    def _finish(self, request: HttpRequest, pending: Pending, organization: Organization) -> HttpResponse:
        try:
            tokens = oauth.exchange(pending, _code(request, pending))
        except (OAuthFailed, ProviderError) as error:
            messages.error(request, str(error))
            return redirect("connections:list", slug=organization.slug)
        row = connection_authorized(pending, tokens)
        action = "connection.signed_in" if pending.connection_id == row.pk else "connection.added"
        audit(request.user, action, row, after={"kind": row.kind, "provider": row.provider})
        if connection_check(row):
            messages.success(request, _("%(name)s is connected.") % {"name": row.name})
        return redirect(pending.back or reverse("connections:detail", args=[organization.slug, row.pk]))


def _code(request: HttpRequest, pending: Pending) -> str:
    if request.GET.get("error") == "access_denied":
        raise OAuthFailed(_("You did not allow access, so nothing was connected."))
    code = request.GET.get("code", "")
    if request.GET.get("error") or not code:
        reason = request.GET.get("error_description") or request.GET.get("error") or _("no code came back")
        raise OAuthFailed(
            _("%(vendor)s refused: %(reason)s") % {"vendor": pending.vendor.label, "reason": reason[:200]}
        )
    return code
