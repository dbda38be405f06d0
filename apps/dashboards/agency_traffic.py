"""Today on all sites of an agency's clients: figures, the sites that lead, and where visitors are.

Everything is asked once a time zone, whatever the number of clients and sites: "today" is each client's own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.models import Site
from apps.analytics.views.labels import value_label
from apps.core.tenancy import tenants
from apps.metrics import present, ranges, read, registry
from apps.metrics.answers import Comparison
from apps.metrics.contracts import BY_SUBJECT, Filter, Operator
from apps.metrics.frame import SYSTEM, Frame
from apps.metrics.words import say

FIGURES = ("analytics.events", "analytics.sessions", "analytics.pageviews", "analytics.conversions")
RANKED = ("analytics.visitors", *FIGURES)
ACTIVE = "analytics.active_visitors"
TOP = 10
MOST_SITES = 5000
MOST_COUNTRIES = 250


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a country to narrow the page to (empty for all), the measure sites are ranked by."""

    country: str
    measure: str

    @staticmethod
    def of(params: Mapping[str, str]) -> Asked:
        """Read kindly: what is unknown is left out."""
        country = params.get("country", "")
        known = len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()
        measure = f"analytics.{params.get('top', '')}"
        return Asked(country if known else "", measure if measure in RANKED else RANKED[0])

    @property
    def filters(self) -> tuple[Filter, ...]:
        """As figures are asked under it."""
        return (Filter("country", Operator.IS, (self.country,)),) if self.country else ()


def facts(clients: Sequence[Any], asked: Asked, params: Any, now: datetime | None = None) -> dict[str, Any]:
    """Cards, the best sites, the map and its filter."""
    ids = [client.id for client in clients]
    with tenants(ids):
        sites = {str(site.id): site for site in Site.objects.filter(organization_id__in=ids)[:MOST_SITES]}
        frames = list(_frames(clients, asked.filters, now))
        everywhere = list(_frames(clients, (), now))
        return {
            "sites": sites,
            "cards": [*_cards(frames, clients, asked), _active_card(everywhere, sites, asked)],
            "top": _top(frames, asked, sites, {client.id: client for client in clients}),
            "top_choices": _choices(asked, params),
            "top_label": registry.get(asked.measure).label,
            "map": _map(everywhere, asked, params),
            "chip": _chip(asked, params),
        }


def _frames(clients: Sequence[Any], filters: tuple[Filter, ...], now: datetime | None) -> Iterator[Frame]:
    zones = defaultdict(list)
    for client in clients:
        zones[client.time_zone].append(client)
    for group in zones.values():
        period = ranges.parse({"range": "today", "compare": "previous"}, group[0].tz, now=now)
        # Whoever is listed here acts in the client as manager or more, or as its viewer: all see its figures.
        yield Frame(
            period=period, organization_ids=tuple(client.id for client in group), currency="", viewer=SYSTEM,
            filters=filters,
        )


def _cards(frames: Sequence[Frame], clients: Sequence[Any], asked: Asked) -> list[dict[str, Any]]:
    over = _("Today, all clients")
    if asked.country:
        over = _("Today, all clients, visitors from %(country)s") % {"country": value_label("country", asked.country)}
    currencies = {client.id: client.currency for client in clients}
    found = [answers for frame in frames for answers in read.by_organization(FIGURES, frame, currencies).values()]
    return [
        present.kpi(_together([answers[key] for answers in found]), frames[0], freshness="", over=over)
        for key in FIGURES
    ]


def _together(answers: Sequence[Comparison]) -> Comparison:
    """The same count of several organizations, added up; complete until the one that is complete for the least."""
    return Comparison(
        metric=answers[0].metric, currency="", until=min(answer.until for answer in answers),
        value=sum(int(answer.value or 0) for answer in answers),
        previous=sum(int(answer.previous or 0) for answer in answers),
    )


def _active_card(frames: Sequence[Frame], sites: Mapping[str, Site], asked: Asked) -> dict[str, Any]:
    """Always of all countries, which it says on a page that is narrowed to one."""
    words = _("of %(all)s, from all countries") if asked.country else _("of %(all)s")
    active = {
        line.value
        for frame in frames
        for line in read.breakdown([ACTIVE], frame, by=BY_SUBJECT, limit=MOST_SITES).lines
        if line.values[ACTIVE] and line.value in sites
    }
    return {
        "label": _("Active sites"), "value": say(len(active), "count"), "state": "ok",
        "comparison": words % {"all": say(len(sites), "count")},
        "definition": _("Sites on which a visitor did something within the last five minutes."),
    }


def _top(
    frames: Sequence[Frame], asked: Asked, sites: Mapping[str, Site], clients: Mapping[int, Any]
) -> list[dict[str, Any]]:
    rows = [
        (int(line.values[asked.measure] or 0), sites[line.value])
        for frame in frames
        for line in read.breakdown([asked.measure], frame, by=BY_SUBJECT, limit=TOP).lines
        if line.value in sites and line.values[asked.measure]
    ]
    rows.sort(key=lambda row: (-row[0], row[1].name))
    most = rows[0][0] if rows else 0
    return [
        {
            "name": site.name, "client": clients[site.organization_id].name, "value": say(value, "count"),
            "share": round(100 * value / most) if most else 0,
            "href": reverse("analytics:site", args=[clients[site.organization_id].slug, site.script_id]),
        }
        for value, site in rows[:TOP]
    ]


def _map(frames: Sequence[Frame], asked: Asked, params: Any) -> dict[str, Any]:
    """Visitors by country; a country leads to the page narrowed to it, or back when it is already."""
    visitors: Counter[str] = Counter()
    for frame in frames:
        for line in read.breakdown([RANKED[0]], frame, by="country", limit=MOST_COUNTRIES).lines:
            if line.value:
                visitors[line.value] += int(line.values[RANKED[0]] or 0)
    ranked = [row for row in visitors.most_common() if row[1]]
    return {
        "kind": "map", "unit": "count", "regions": [code for code, _count in ranked],
        "series": [{"name": str(registry.get(RANKED[0]).label), "values": [count for _code, count in ranked]}],
        "hrefs": [_address(params, country="" if code == asked.country else code) for code, _count in ranked],
        "rows": [
            {"code": code, "label": value_label("country", code), "value": say(count, "count"),
             "href": _address(params, country="" if code == asked.country else code), "active": code == asked.country}
            for code, count in ranked[:TOP]
        ],
    }


def _choices(asked: Asked, params: Any) -> list[dict[str, Any]]:
    return [
        {"label": registry.get(key).label, "href": _address(params, top=key.partition(".")[2]),
         "active": key == asked.measure}
        for key in RANKED
    ]


def _chip(asked: Asked, params: Any) -> dict[str, str] | None:
    if not asked.country:
        return None
    return {"value": str(value_label("country", asked.country)), "remove_href": _address(params, country="")}


def _address(params: Any, **changes: str) -> str:
    query = params.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"
