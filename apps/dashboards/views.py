"""`/o/<slug>/`: the whole business on one page."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from apps.accounts import onboarding
from apps.accounts.access import can, require, roles_in
from apps.accounts.enums import OrganizationKind, Role
from apps.dashboards import agency, agency_feed, agency_health, agency_traffic, selectors
from apps.metrics import frame as frames
from apps.metrics import home, ranges
from apps.metrics.moments import moments


class HomePage(View):
    """Home. With `?part=` feed, needs or rankings only that part, for the page to refresh it."""

    action = "home.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The page of a business, or of an agency."""
        require(request.user, self.action, membership=request.membership)  # type: ignore[attr-defined]
        if (part := request.GET.get("part")) in PARTS:
            return render(request, f"dashboards/home.html#{part}", PARTS[part](request))
        period = _period(request)
        facts = _frame_facts(request, period) | _needs(request) | _feed(request)
        if request.organization.kind == OrganizationKind.AGENCY:  # type: ignore[attr-defined]
            return render(request, "dashboards/agency.html", facts | _agency(request, period))
        return render(request, "dashboards/home.html", facts | _figures(request, period))


def _period(request: Any) -> ranges.Range:
    return ranges.parse_kindly(request.GET, request.organization.tz, default="today")


def _may(request: Any) -> Any:
    return partial(can, request.user, membership=request.membership)


def _frame_facts(request: Any, period: ranges.Range) -> dict[str, Any]:
    return {
        "range": period,
        "greeting": _greeting(request.user, period),
        "checklist": onboarding.checklist(request.organization, _may(request)),
        "may_add_site": _may(request)("site.create"),
        "may_add_client": _may(request)("client.manage"),
    }


def _figures(request: Any, period: ranges.Range) -> dict[str, Any]:
    frame = frames.of_request(request, period)
    found = selectors.figures(request.organization, frame)
    if found is None:
        return {"state": "denied"}
    if found.is_empty and not selectors.has_started(request.organization):
        return {"state": "empty"}
    text, tone = selectors.headline(found)
    return {
        "state": "ok",
        "headline": text,
        "headline_tone": tone.value,
        "cards": selectors.cards(request.organization, found),
        "chart": selectors.chart(request.organization, found, request.GET.get("show", "")),
        **_rankings(request),
        "moments": moments(home.moments(), frames.of_request(request, ranges.parse({"range": "today"}, period.zone))),
    }


def _rankings(request: Any) -> dict[str, Any]:
    frame = frames.of_request(request, _period(request))
    return {
        "rankings": selectors.rankings(request.organization, frame), "range": frame.period,
        "range_query": urlencode(frame.period.query()),
    }


def _agency(request: Any, period: ranges.Range) -> dict[str, Any]:
    """An agency's clients as rows, and today on all of their sites."""
    viewer = frames.Viewer(user=request.user, membership=request.membership)
    clients = agency.clients_of(request.organization, request.user)
    found: dict[str, Any] = {"clients": agency.overview(clients, request.organization, viewer, period)}
    roles = roles_in(request.user, clients)
    # Who sees only some of a client's sites sees them there.
    whole = [client for client in clients if client.id in roles and roles[client.id] != Role.CLIENT]
    if not whole:
        return found
    found["traffic"] = agency_traffic.facts(whole, agency_traffic.Asked.of(request.GET), request.GET)
    if _may(request)("monitoring.view"):
        sites = [site.id for site in found["traffic"]["sites"].values()]
        found["health"] = agency_health.facts([client.id for client in whole], sites, period.now)
    return found


def _needs(request: Any) -> dict[str, Any]:
    return {"needs": selectors.needs(request.organization, _may(request))}


def _feed(request: Any) -> dict[str, Any]:
    if request.organization.kind == OrganizationKind.AGENCY:
        clients = agency.clients_of(request.organization, request.user)
        roles = roles_in(request.user, clients)
        return {"feed": agency_feed.feed(request.organization, clients, roles, _may(request))}
    return {"feed": selectors.feed(request.organization, _may(request))}


PARTS = {"feed": _feed, "needs": _needs, "rankings": _rankings}


def _greeting(user: Any, period: ranges.Range) -> str:
    name = (user.name or "").split(" ")[0]
    hour = period.now.astimezone(period.zone).hour
    if hour < 5 or hour >= 18:
        words = _("Good evening, %(name)s") if name else _("Good evening")
    elif hour < 12:
        words = _("Good morning, %(name)s") if name else _("Good morning")
    else:
        words = _("Good afternoon, %(name)s") if name else _("Good afternoon")
    return words % {"name": name} if name else words
