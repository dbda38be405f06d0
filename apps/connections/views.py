"""Connections in the settings: what is connected, what can be, and one connection."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.accounts.audit import audit
from apps.accounts.pages import OrganizationView
from apps.connections import gallery
from apps.connections.forms import ConnectionForm, DisconnectForm
from apps.connections.oauth_views import send_to_vendor
from apps.core.connections import services
from apps.core.models import Connection
from apps.core.oauth import OAuthProvider
from apps.core.providers import find_vendor


class ConnectionsView(OrganizationView):
    """What the pages have in common."""

    action = "connection.view"
    post_action = "connection.manage"

    def connection(self, pk: int) -> Connection:
        """A connection of this organization, or 404."""
        found = Connection.objects.filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def shown(self, **context: Any) -> HttpResponse:
        """The page, with what the person may change there."""
        return self.page(may_manage=self.may("connection.manage"), **context)

    def back(self, pk: int) -> HttpResponse:
        """To the connection's page."""
        return redirect("connections:detail", slug=self.organization.slug, pk=pk)


class ListView(ConnectionsView):
    """What is connected and what can be; `#cards` alone while a sync is running."""

    template = "connections/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        cards = gallery.cards()
        running = any(card.row.progress.get("running") for card in cards)
        if request.htmx and request.headers.get("HX-Target", "").endswith("#connection-cards"):
            return self.page("cards", cards=cards, running=running, may_manage=self.may("connection.manage"))
        return self.shown(cards=cards, running=running, shelves=gallery.shelves())


class NewView(ConnectionsView):
    """Connect an account."""

    action = "connection.manage"
    template = "connections/form.html"

    def get(self, request: HttpRequest, kind: str, provider: str) -> HttpResponse:
        """The vendor's questions."""
        vendor = self._vendor(kind, provider)
        return self.shown(vendor=vendor, form=ConnectionForm(vendor), by_sign_in=issubclass(vendor, OAuthProvider))

    def post(self, request: HttpRequest, kind: str, provider: str) -> HttpResponse:
        """Store the answers and test them; or go and sign in at the vendor."""
        vendor = self._vendor(kind, provider)
        form = ConnectionForm(vendor, request.POST)
        if not form.is_valid():
            return self.shown(vendor=vendor, form=form, by_sign_in=issubclass(vendor, OAuthProvider))
        if issubclass(vendor, OAuthProvider):
            return send_to_vendor(request, kind, vendor, name=form.cleaned_data["name"], values=form.values)
        row = services.connection_create(
            kind=kind, provider=provider, name=form.cleaned_data["name"], values=form.values
        )
        audit(request.user, "connection.added", row, after={"kind": kind, "provider": provider, **row.config})
        _test(request, row)
        return self.back(row.pk)

    def _vendor(self, kind: str, provider: str) -> Any:
        found = gallery.vendor_of(kind, provider)
        if found is None:
            raise Http404
        return found


class DetailView(ConnectionsView):
    """One connection: how it is doing, its settings, and the way out."""

    template = "connections/detail.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page; the settings only for those who may change them."""
        row = self.connection(pk)
        vendor = find_vendor(row.kind, row.provider)
        form = ConnectionForm(vendor, connection=row) if vendor and self.may("connection.manage") else None
        return self.shown(card=gallery.card(row), form=form)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Changed settings, tested at once."""
        row = self.connection(pk)
        vendor = find_vendor(row.kind, row.provider)
        if vendor is None:
            raise Http404
        form = ConnectionForm(vendor, request.POST, connection=row)
        if not form.is_valid():
            return self.shown(card=gallery.card(row), form=form)
        before = {"name": row.name, **row.config}
        row = services.connection_update(row, name=form.cleaned_data["name"], values=form.values)
        audit(request.user, "connection.changed", row, before=before, after={"name": row.name, **row.config})
        _test(request, row)
        return self.back(pk)


class TestView(ConnectionsView):
    """Does it work?"""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the vendor now."""
        _test(request, self.connection(pk))
        return self.back(pk)


class PauseView(ConnectionsView):
    """Leave the vendor alone."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Until somebody resumes it."""
        row = self.connection(pk)
        services.connection_pause(row)
        audit(request.user, "connection.paused", row)
        return self.back(pk)


class ResumeView(ConnectionsView):
    """Go on."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """As new."""
        row = self.connection(pk)
        services.connection_resume(row)
        audit(request.user, "connection.resumed", row)
        row.refresh_from_db()
        _test(request, row)
        return self.back(pk)


class ResyncView(ConnectionsView):
    """Sync now."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The schedule finds it within seconds."""
        services.connection_resync(self.connection(pk), from_scratch="from_scratch" in request.POST)
        messages.success(request, _("The sync starts in a moment."))
        return self.back(pk)


class DisconnectView(ConnectionsView):
    """The way out, typed."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The credentials are gone for good."""
        row = self.connection(pk)
        form = DisconnectForm(request.POST, connection=row)
        if not form.is_valid():
            messages.error(request, form.errors["confirmation"][0])
            return self.back(pk)
        audit(request.user, "connection.removed", row, before={"kind": row.kind, "provider": row.provider})
        services.connection_remove(row)
        messages.success(request, _("%(name)s is disconnected.") % {"name": row.name})
        return redirect("connections:list", slug=self.organization.slug)


def _test(request: HttpRequest, row: Connection) -> None:
    if row.status == Connection.Status.PAUSED:
        messages.warning(request, _("This connection is paused."))
    elif services.connection_check(row):
        messages.success(request, _("%(name)s works.") % {"name": row.name})
    else:
        messages.error(request, _("%(name)s does not work yet. The reason stands on this page.") % {"name": row.name})
