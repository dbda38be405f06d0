"""How tracking is doing: an organization's own events from arrival to figure, and the whole installation for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.models import Site
from apps.analytics.selectors import errors, flows
from apps.analytics.services.replays import errors_replay
from apps.analytics.views import error_log, installation_cards, monitoring_cards
from apps.analytics.views.base import OrganizationView
from apps.analytics.views.lookup_card import lookup_card


class Monitoring(OrganizationView):
    """`/o/<slug>/monitoring/`."""

    action = "monitoring.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The page, or what of it moves."""
        span = flows.SPANS.get(request.GET.get("span", ""), flows.SPANS["60m"])
        facts = monitoring_cards.facts(self.organization, list(Site.objects.order_by("name")), span, timezone.now())
        facts |= {
            "spans": monitoring_cards.span_tabs(span), "span": span.key,
            "may_replay": self.may("monitoring.replay"), "lookups": lookup_card(slug),
            "tabs": monitoring_tabs(request, self.organization, "overview"),
        }
        part = "#now" if request.GET.get("part") == "now" else ""
        return render(request, f"analytics/monitoring.html{part}", facts)


class MonitoringErrors(OrganizationView):
    """`/o/<slug>/monitoring/errors/`: what could not be counted and what could not be sent on."""

    action = "monitoring.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """A page of them."""
        offset = int(request.GET["offset"]) if request.GET.get("offset", "").isdigit() else 0
        sites = {site.id: site for site in Site.objects.all()}
        facts = error_log.facts(slug, sites, request.GET, offset, may_replay=self.may("monitoring.replay"))
        facts |= {"tabs": monitoring_tabs(request, self.organization, "errors")}
        return render(request, "analytics/monitoring_errors.html", facts)


class MonitoringReplay(OrganizationView):
    """`/o/<slug>/monitoring/errors/replay/`: POST with `error` once or more, `only`, or `all`; the filter in the
    address says all of what, and is kept."""

    action = "monitoring.replay"

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Ask the pipeline, and say how many."""
        asked = error_log.asked_of(request.GET, {site.id: site for site in Site.objects.all()})
        chosen = error_log.chosen_in(request.POST, asked)
        number = errors_replay(
            actor=request.user, letters=chosen.letters, deliveries=chosen.deliveries, site_id=asked.site_id
        )
        if number:
            messages.success(request, ngettext(
                "%(n)s event is tried again.", "%(n)s events are tried again.", number) % {"n": number})
        else:
            messages.info(request, _("Nothing was chosen that waits."))
        return redirect(f"{reverse('analytics:monitoring-errors', args=[slug])}?{request.GET.urlencode()}".rstrip("?"))


class MonitoringInstallation(OrganizationView):
    """`/o/<slug>/monitoring/installation/`: all processes and the machine. Only for those who run the installation;
    for everybody else there is no such page."""

    action = "monitoring.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The page."""
        if not request.user.is_superuser:  # type: ignore[union-attr]
            raise Http404
        span = flows.SPANS.get(request.GET.get("span", ""), flows.SPANS["60m"])
        facts = installation_cards.facts(span, timezone.now(), self.organization.tz)
        facts |= {
            "spans": monitoring_cards.span_tabs(span), "span": span.key,
            "tabs": monitoring_tabs(request, self.organization, "installation"),
        }
        return render(request, "analytics/monitoring_installation.html", facts)


def monitoring_tabs(request: HttpRequest, organization: Any, active: str) -> list[dict[str, Any]]:
    """The pages about tracking itself, as far as this person may open them."""
    waiting = errors.errors_open([site.id for site in Site.objects.only("id")]).total
    rows: list[tuple[str, str, Any, Any]] = [
        ("overview", "analytics:monitoring", _("Your events"), None),
        ("errors", "analytics:monitoring-errors", _("Errors"), waiting or None),
        ("quality", "analytics:quality-list", _("Data quality"), None),
    ]
    if request.user.is_superuser:  # type: ignore[union-attr]
        rows.append(("installation", "analytics:monitoring-installation", _("This installation"), None))
    return [
        {"label": label, "href": reverse(name, args=[organization.slug]), "active": key == active, "count": count}
        for key, name, label, count in rows
    ]
