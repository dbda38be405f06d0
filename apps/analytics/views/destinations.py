"""Where a site's events are sent on to: the list, adding one, one with its deliveries, its settings, trying it out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.enums import DeliveryState
from apps.analytics.models import Delivery, Destination
from apps.analytics.providers.base import EVERY, is_offered
from apps.analytics.providers.base import Destination as Vendor
from apps.analytics.providers.base import destinations as registry
from apps.analytics.selectors import deliveries as selectors
from apps.analytics.services import destinations as services
from apps.analytics.views import destination_table as table
from apps.analytics.views.base import SiteView
from apps.analytics.views.destination_forms import MappingForm
from apps.connections.forms import ConnectionForm

LONGEST_ID = 18


class DestinationsView(SiteView):
    """What the pages have in common."""

    action = "destination.view"
    template = ""

    @cached_property
    def row(self) -> Destination:
        """The destination in the address; 404 for another site's."""
        rows = Destination.objects.select_related("connection", "site__organization")
        return get_object_or_404(rows, pk=self.kwargs["pk"], site=self.site)

    def page(self, status: int = 200, **facts: Any) -> HttpResponse:
        """The page under the site's tabs."""
        common = {"site": self.site, "title": _("Destinations"), "may_edit": self.may("destination.edit", self.site)}
        return render(self.request, self.template, {**common, **facts}, status=status)

    def shown(self, status: int = 200, **facts: Any) -> HttpResponse:
        """A page about one destination."""
        return self.page(
            status, row=self.row, vendor=table.vendor_of(self.row), state=table.status(self.row), **facts
        )

    def back(self, name: str = "analytics:destination") -> HttpResponse:
        """To the destination's page, or to another one of it."""
        return redirect(name, self.organization.slug, self.site.script_id, self.row.pk)


class DestinationList(DestinationsView):
    """`…/destinations/`: where events go, how that is going, and where else they could."""

    template = "analytics/destinations/list.html"

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The cards."""
        since, until = selectors.today_of(self.organization.tz)
        listed = selectors.destinations_listed(Destination.objects.filter(site=self.site), since, until)
        offers = [vendor for vendor in registry if is_offered(vendor)]
        return self.page(cards=table.cards(request, listed, script_id), offers=offers)


class DestinationNew(DestinationsView):
    """`…/destinations/new/<vendor>/`."""

    action = "destination.edit"
    template = "analytics/destinations/new.html"

    def get(self, request: HttpRequest, slug: str, script_id: str, provider: str) -> HttpResponse:
        """The vendor's questions."""
        return self.page(vendor=self._vendor(provider), form=ConnectionForm(self._vendor(provider)))

    def post(self, request: HttpRequest, slug: str, script_id: str, provider: str) -> HttpResponse:
        """Store the answers, prove them, go on to the mapping."""
        form = ConnectionForm(self._vendor(provider), request.POST)
        if not form.is_valid():
            return self.page(vendor=form.vendor, form=form, status=422)
        self.row = services.destination_create(
            actor=request.user, site=self.site, provider=provider, name=form.cleaned_data["name"], values=form.values
        )
        _check(request, self.row)
        return self.back("analytics:destination-edit")

    def _vendor(self, key: str) -> type[Vendor]:
        try:
            found = registry.get(key)
        except KeyError as error:
            raise Http404 from error
        if not is_offered(found):
            raise Http404
        return found


class DestinationPage(DestinationsView):
    """`…/destinations/<id>/`: one destination and what became of its events."""

    template = "analytics/destinations/detail.html"

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """State, figures of today, deliveries."""
        since, until = selectors.today_of(self.organization.tz)
        [line] = selectors.destinations_listed(Destination.objects.filter(pk=self.row.pk), since, until)
        found, pager = table.paged(
            request.GET, selectors.deliveries_listed(self.row, request.GET.get("state", ""))
        )
        return self.shown(
            facts=table.facts(line), dead=line.dead, unsure=table.unsure_words(line), columns=table.columns(),
            pager=pager,
            rows=table.rows(request, script_id, found, may_edit=self.may("destination.edit", self.site)),
            tabs=table.state_tabs(request.GET, unsure=bool(line.unsure)), shown_state=request.GET.get("state", ""),
            any_dead=any(one.state == DeliveryState.DEAD for one in found),
        )


class DestinationEdit(DestinationsView):
    """`…/destinations/<id>/edit/`: the vendor's questions, which events go, and the rule of consent."""

    action = "destination.edit"
    template = "analytics/destinations/edit.html"

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Both forms, filled."""
        return self._page(self._account(), self._mapping())

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Store whichever was sent."""
        account, mapping = self._account(), self._mapping()
        if "account" in request.POST:
            account = self._account(request.POST)
            facts = {"name": account.cleaned_data["name"], "values": account.values} if account.is_valid() else None
        else:
            mapping = self._mapping(request.POST)
            valid = mapping.is_valid()
            facts = {"events": mapping.mapping, **mapping.rules} if valid else None
        if facts is None:
            return self._page(account, mapping, status=422)
        self.row = services.destination_update(actor=request.user, destination=self.row, **facts)
        _said(request, self.row, checked="values" in facts)
        return self.back("analytics:destination-edit")

    def _account(self, data: Any = None) -> ConnectionForm:
        return ConnectionForm(_vendor(self.row), data, connection=self.row.connection)

    def _mapping(self, data: Any = None) -> MappingForm:
        seen = selectors.event_names(self.site)
        return MappingForm(_vendor(self.row), self.row, seen, data)

    def _page(self, account: ConnectionForm, mapping: MappingForm, status: int = 200) -> HttpResponse:
        suggestions = [name for name in _vendor(self.row).suggestions if name != EVERY]
        return self.shown(status, account=account, mapping=mapping, suggestions=suggestions)


class DestinationAction(DestinationsView):
    """`…/destinations/<id>/do/`: POST with `do`: check, pause, resume, delete, replay."""

    action = "destination.edit"

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Do it and say so."""
        act = {
            "check": self._check, "pause": self._pause, "resume": self._resume, "replay": self._replay,
            "delete": self._delete,
        }.get(request.POST.get("do", ""))
        if act is None:
            return HttpResponse(_("There is no such action."), status=400)
        done = act(request) or self.back()
        state = request.POST.get("state", "")
        if state in DeliveryState.values:
            done["Location"] += f"?state={state}"
        return done

    def _check(self, request: HttpRequest) -> None:
        _check(request, self.row)

    def _pause(self, request: HttpRequest) -> None:
        services.destination_pause(actor=request.user, destination=self.row)
        messages.success(request, _("Paused: no further events are collected for it."))

    def _resume(self, request: HttpRequest) -> None:
        services.destination_resume(actor=request.user, destination=self.row)
        messages.success(request, _("Delivering again."))

    def _replay(self, request: HttpRequest) -> None:
        named = request.POST.getlist("only") or request.POST.getlist("id")
        ids = None if "all" in request.POST else [int(pk) for pk in named if pk.isdigit() and len(pk) <= LONGEST_ID]
        count = services.deliveries_replay(actor=request.user, destination=self.row, ids=ids)
        if not count:
            messages.info(request, _("Nothing was chosen that has failed."))
            return
        words = ngettext("%(count)s event is sent again.", "%(count)s events are sent again.", count)
        messages.success(request, words % {"count": count})

    def _delete(self, request: HttpRequest) -> HttpResponse | None:
        if request.POST.get("confirmation", "").strip() != self.row.name:
            messages.error(request, _("Type the name exactly to delete it."))
            return None
        services.destination_delete(actor=request.user, destination=self.row)
        messages.success(request, _("The destination is deleted."))
        return redirect("analytics:destinations", self.organization.slug, self.site.script_id)


class DestinationTry(DestinationsView):
    """`…/destinations/<id>/try/`: send a sample, or an event that was delivered, and see request and answer."""

    action = "destination.edit"
    template = "analytics/destinations/try.html"

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Choose an event."""
        return self._page("purchase")

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Send it as a test."""
        event = request.POST.get("event", "purchase")[:64]
        chosen = request.POST.get("delivery", "")
        delivery = get_object_or_404(Delivery.objects, pk=chosen, destination=self.row) if chosen.isdigit() else None
        tried = services.destination_try(destination=self.row, event=event, delivery=delivery)
        return self._page(event, tried=tried, exchange=table.shown(tried.exchange), chosen=chosen)

    def _page(self, event: str, **facts: Any) -> HttpResponse:
        names = sorted({"pageview", "purchase", *(name for name in self.row.events if name != EVERY), event})
        recent = [one for one in selectors.deliveries_listed(self.row)[:30] if one.state != "skipped"][:15]
        return self.shown(event=event, names=names, recent=recent, **facts)


class DeliveryPage(DestinationsView):
    """`…/destinations/<id>/events/<id>/`: one event: what was sent, how often, and what came back."""

    template = "analytics/destinations/delivery.html"

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int, delivery: int) -> HttpResponse:
        """The page."""
        one = get_object_or_404(Delivery.objects, pk=delivery, destination=self.row)
        return self.shown(
            one=one, tone=table.tone(one), payload=table.pretty(one.payload) if one.payload else "",
            answer=table.pretty(one.answer) if one.answer else "", log=table.attempts(one),
            again=table.until(one.next_at), doubt=table.doubt(one, self.row),
        )


def _vendor(row: Destination) -> type[Vendor]:
    try:
        return registry.get(row.connection.provider)
    except KeyError as error:
        raise Http404 from error


def _check(request: HttpRequest, row: Destination) -> None:
    if services.destination_check(row):
        messages.success(request, _("%(name)s works.") % {"name": row.name})
        return
    row.connection.refresh_from_db()
    reason = row.connection.last_error
    messages.error(request, _("%(name)s does not work yet: %(reason)s") % {"name": row.name, "reason": reason})


def _said(request: HttpRequest, row: Destination, *, checked: bool) -> None:
    if checked:
        _check(request, row)
    else:
        messages.success(request, _("Saved. It holds from the next event on."))
