"""The notification centre and each person's preferences."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.pages import OrganizationView
from apps.notifications.enums import Channel
from apps.notifications.forms import PageForm, ReadForm
from apps.notifications.models import Notification
from apps.notifications.selectors import mine, notifications_page, preferences_of, unread_count
from apps.notifications.services import notifications_read, preference_set


class CentreView(OrganizationView):
    """What the person has been told, newest first; `#menu` is the short list under the bell."""

    action = "home.view"
    template = "notifications/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        form = PageForm(request.GET)
        before = form.cleaned_data["before"] if form.is_valid() else None
        page = notifications_page(request.user, self.organization.id, before=before)
        unread = mine(request.user, self.organization.id).filter(read_at=None).count()
        return self.page("rows" if request.htmx and before else "", listed=page, unread=unread)


class ReadView(OrganizationView):
    """Mark one or all as seen."""

    action = "home.view"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Back to the list."""
        form = ReadForm(request.POST)
        chosen = form.cleaned_data["id"] if form.is_valid() else None
        notifications_read(request.user, self.organization.id, [chosen] if chosen else None)
        return redirect("notifications:list", slug=self.organization.slug)


class OpenView(OrganizationView):
    """Mark one as seen and go where it leads."""

    action = "home.view"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To the place it speaks of; without one, back to the list."""
        row = self._row(request, pk)
        notifications_read(request.user, self.organization.id, [row.pk])
        inside = row.url.startswith("/") and url_has_allowed_host_and_scheme(row.url, allowed_hosts=None)
        return redirect(row.url) if inside else redirect("notifications:list", self.organization.slug)

    def _row(self, request: HttpRequest, pk: int) -> Notification:
        row = mine(request.user, self.organization.id).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row


class UnreadView(OrganizationView):
    """The number on the bell."""

    action = "home.view"

    def get(self, request: HttpRequest) -> JsonResponse:
        """As JSON."""
        return JsonResponse({"unread": unread_count(request.user.pk)})


class PreferencesView(OrganizationView):
    """By which way the person wants to be told of what."""

    action = "home.view"
    template = "notifications/preferences.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The table of switches."""
        return self.page(rows=preferences_of(request.user), channels=Channel.choices)

    def post(self, request: HttpRequest) -> HttpResponse:
        """One switch (`kind`, `channel`, `enabled` when on)."""
        try:
            preference_set(
                request.user, request.POST.get("kind", ""), Channel(request.POST.get("channel", "")),
                enabled="enabled" in request.POST,
            )
        except (KeyError, ValueError):
            return HttpResponse(status=400)
        if request.htmx:
            return HttpResponse(status=204)
        return redirect("notifications:preferences", slug=self.organization.slug)
