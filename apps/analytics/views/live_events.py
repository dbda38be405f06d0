"""Events as they happen: the list of one site, of all sites, and one event with its visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.enums import EventFlag
from apps.analytics.models import Event, Site
from apps.analytics.selectors.stream import Told, event_told, sites_watched
from apps.analytics.streaming import visitor_mark
from apps.analytics.views.base import OrganizationView, SiteView
from apps.analytics.views.labels import CHANNELS, DEVICES, EVENTS, value_label
from apps.metrics.words import locale, say

MOST_MS = 253_402_300_799_000  # the end of the year 9999


def _list_facts(view: OrganizationView, sites: Sequence[Site], *, all_sites: bool) -> dict[str, Any]:
    slug = view.organization.slug
    words = {
        "types": {key: str(word) for key, word in EVENTS.items()},
        "channels": {key: str(word) for key, word in CHANNELS.items()},
        "devices": {key: str(word) for key, word in DEVICES.items()},
        "sites": {site.script_id: site.name for site in sites},
    }
    return {
        "stream_url": f"/ws/o/{slug}/stream/", "words": words, "sites": sites, "all_sites": all_sites,
        "event_href": reverse("analytics:site-live-event", args=[slug, "SCRIPT"]),
        "may_companies": view.may("company.view"), "zone": str(view.organization.tz),
    }


class LiveEvents(SiteView):
    """`…/<script id>/live/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The list, which fills itself."""
        facts = {
            "site": self.site, "title": _("Live"),
            "question": _("What is happening right now?"),
            "all_href": reverse("analytics:live", args=[slug]),
            "install_href": reverse("analytics:site-install", args=[slug, script_id]),
            "may_edit": self.may("site.edit", self.site),
        }
        return render(request, "analytics/live_events.html", facts | _list_facts(self, [self.site], all_sites=False))


class LiveAll(OrganizationView):
    """`/o/<slug>/traffic/live/`: every site the person may see."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The list over all of them."""
        sites = sites_watched(request.user, request.membership)  # type: ignore[attr-defined]
        return render(request, "analytics/live_all.html", _list_facts(self, sites, all_sites=True))


class LiveEvent(SiteView):
    """`…/<script id>/live/event/?id=…&at=…`: a sheet with all that is kept of an event, and its visit."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The sheet; it says so when the event is not kept (any more)."""
        number, at = _number(request.GET.get("id")), _number(request.GET.get("at"))
        told = event_told(self.site, number, at) if number and 0 < at < MOST_MS else None
        facts: dict[str, Any] = {"told": told, "site": self.site}
        if told is not None:
            facts |= {
                "heading": value_label("event", told.event.name), "facts": self._facts(told),
                "more": _more(told.event), "others": [self._other(told, event) for event in told.others],
            }
        return render(request, "analytics/live_event.html", facts)

    def _facts(self, told: Told) -> list[tuple[Any, Any]]:
        event, visit = told.event, told.visit
        found = [
            (_("Time"), _clock(event.time, self.organization.tz)),
            (_("Page"), f"{event.host}{event.path}"), (_("Title"), event.title),
            (_("Value"), _money(event)), (_("Order number"), event.order_id),
            (_("Visitor"), visitor_mark(event.visitor)),
            (_("Referring page"), event.referrer),
            (_("Marks"), ", ".join(_marks(event))),
        ]
        if visit is not None:
            where = ", ".join(filter(None, (visit.city, visit.region)))
            found += [
                (_("Country"), value_label("country", visit.country)), (_("Place"), where),
                (_("Channel"), value_label("channel", visit.channel)), (_("Source"), visit.source),
                (_("Campaign"), visit.campaign), (_("Device"), value_label("device", visit.device)),
                (_("Browser"), visit.browser), (_("Operating system"), visit.os),
            ]
        if told.company and self.may("company.view"):
            found.append((_("Company"), told.company[1]))
        return [(label, value) for label, value in found if value]

    def _other(self, told: Told, event: Event) -> dict[str, Any]:
        return {
            "time": _clock(event.time, self.organization.tz), "label": value_label("event", event.name),
            "path": event.path, "value": _money(event), "is_this": event.id == told.event.id,
        }


def _clock(moment: datetime, zone: Any) -> str:
    return str(format_datetime(moment.astimezone(zone), "medium", tzinfo=zone, locale=locale()))


def _money(event: Event) -> str:
    return say(event.revenue, "money", event.currency) if event.currency and event.revenue else ""


def _marks(event: Event) -> list[str]:
    words = {
        EventFlag.CONVERSION: _("Conversion"), EventFlag.TEST: _("Test, not counted"),
        EventFlag.SERVER_SIDE: _("Sent by your server"), EventFlag.UNKNOWN_HOST: _("From a host you have not named"),
        EventFlag.CLOCK_REPAIRED: _("Its clock was wrong; the time of arrival is used"),
    }
    return [word for flag, word in words.items() if event.flags & flag]


def _more(event: Event) -> list[tuple[str, str]]:
    """What the site sent along, name by name."""
    found = [(str(name), _plain(value)) for name, value in (event.props or {}).items()]
    for number, item in enumerate(event.items or [], 1):
        found.append((_("Product %(n)s") % {"n": number}, _plain(item)))
    return found


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(item)}" for name, item in value.items())
    return str(value)[:500]


def _number(text: str | None) -> int:
    """A whole number of 64 bits with its sign; 0 for anything else."""
    digits = (text or "").removeprefix("-")
    number = int(text or "") if digits.isascii() and digits.isdecimal() and len(digits) < 20 else 0
    return number if -(2**63) <= number < 2**63 else 0
