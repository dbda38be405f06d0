"""An agency's clients."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from apps.accounts.enums import InvitationKind, OrganizationKind
from apps.accounts.forms.organization import ClientNewForm
from apps.accounts.forms.team import ClientInviteForm
from apps.accounts.geography import time_zones
from apps.accounts.pages import OrganizationView
from apps.accounts.selectors.clients import client_columns, client_rows, clients_of
from apps.accounts.selectors.team import waiting_invitations
from apps.accounts.services.clients import client_create, client_invite, client_release

PER_PAGE = 50


class AgencyView(OrganizationView):
    """A page that only agencies have."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A business has no clients page."""
        if self.organization.kind != OrganizationKind.AGENCY:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class ClientsView(AgencyView):
    """Every client this person looks after, with figures side by side."""

    action, template = "client.view", "accounts/clients.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list, searched and paged."""
        text = request.GET.get("q", "").replace("\x00", "")[:100].strip()
        found = clients_of(self.membership).order_by("name", "id")
        found = found.filter(name__icontains=text) if text else found
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        may_manage = self.may("client.manage")
        return self.page(
            rows=client_rows(list(page)), columns=client_columns(), page_of=page, q=text, may_manage=may_manage,
            any_clients=bool(text) or page.paginator.count > 0,
            invitations=waiting_invitations(InvitationKind.CLIENT) if may_manage else [],
        )


class ClientNewView(AgencyView):
    """Add a client."""

    action, template = "client.manage", "accounts/client_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, with the agency's own place filled in."""
        own = self.organization
        facts = {"country": own.country, "time_zone": own.time_zone, "currency": own.currency}
        return self._page(ClientNewForm(initial=facts))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make it and go there."""
        form = ClientNewForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        client = client_create(
            actor=request.user, acting=self.membership, agency=self.organization, **form.facts()
        )
        messages.success(request, _("%(name)s is one of your clients now.") % {"name": client.name})
        return redirect(f"/o/{client.slug}/")

    def _page(self, form: ClientNewForm, status: int = 200) -> HttpResponse:
        return self.page(form=form, invite_form=ClientInviteForm(), zones=time_zones(), status=status)


class ClientInviteView(AgencyView):
    """Ask the owner of an existing organization."""

    action, template = "client.manage", "accounts/client_new.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the question."""
        form = ClientInviteForm(request.POST)
        if not form.is_valid():
            return self.page(form=ClientNewForm(), invite_form=form, zones=time_zones(), status=422)
        client_invite(
            actor=request.user, acting=self.membership, agency=self.organization, email=form.cleaned_data["email"]
        )
        messages.success(request, _("We have asked them. The client appears here as soon as they agree."))
        return redirect("accounts:clients", slug=self.organization.slug)


class ClientReleaseView(AgencyView):
    """Let a client go."""

    action = "client.manage"

    def post(self, request: HttpRequest, client_id: int) -> HttpResponse:
        """Let it go, or say what has to be done first."""
        client = get_object_or_404(clients_of(self.membership), pk=client_id)
        try:
            client_release(actor=request.user, client=client)
            messages.success(request, _("%(name)s is no longer one of your clients.") % {"name": client.name})
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("accounts:clients", slug=self.organization.slug)
