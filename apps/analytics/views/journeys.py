"""Who comes back, and which way visitors go."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.contracts.rules import Match, Rule, RuleKind
from apps.analytics.enums import TextMatch
from apps.analytics.selectors import journeys
from apps.analytics.selectors.journeys import REST, Direction
from apps.analytics.views import filters
from apps.analytics.views.funnel_rows import count, percent
from apps.analytics.views.labels import EVENTS
from apps.analytics.views.segments import FilteredView
from apps.metrics import frame as frames
from apps.metrics import ranges
from apps.metrics.contracts import Grain, QueryTooSlow

DEFAULT_RANGE = "90d"
DEPTHS = (5, 10, 15, 20)
SHOWN = 8
_HEAT = 5


class RetentionPage(FilteredView):
    """`…/retention/`: of those who came first in a week or month, how many came again."""

    title = _lazy("Retention")
    question = _lazy("Do visitors come back?")

    @cached_property
    def frame(self) -> frames.Frame:
        """As every page, but over 90 days unless told: a week is too short to come back in."""
        params = self.request.GET.copy()
        params.setdefault("range", DEFAULT_RANGE)
        period = ranges.parse_kindly(params, self.organization.tz)
        return frames.of_request(self.request, period, subjects=(self.site.id,), filters=self.filters)

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The table."""
        grain = Grain.MONTH if request.GET.get("by") == "month" else Grain.WEEK
        facts = self.page_facts() | {"state": "ok", "grains": self._grains(grain)}
        try:
            found = journeys.retention(self.frame.query((), self.frame.period.window), grain)
            facts |= _retention(found, grain)
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/retention.html", facts)

    def _grains(self, shown: Grain) -> list[dict[str, Any]]:
        return [
            {"label": label, "href": self.path + filters.address(self.request.GET, self.filters, by=grain.value),
             "active": grain is shown}
            for grain, label in ((Grain.WEEK, _("Week")), (Grain.MONTH, _("Month")))
        ]


def _retention(found: journeys.Retention, grain: Grain) -> dict[str, Any]:
    longest = max((len(cohort.returned) for cohort in found.cohorts), default=0)
    word = _("Week %(number)d") if grain is Grain.WEEK else _("Month %(number)d")
    rows = [
        {
            "start": cohort.start, "size": count(cohort.size),
            "cells": [
                {"share": percent(number / cohort.size), "count": count(number), "heat": _heat(number / cohort.size),
                 "label": word % {"number": index}}
                for index, number in enumerate(cohort.returned) if index
            ],
        }
        for cohort in found.cohorts
    ]
    return {
        "state": "ok" if rows else "empty", "cohorts": rows, "is_month": grain is Grain.MONTH,
        "heads": [word % {"number": index} for index in range(1, longest)],
        "recognised_share": percent(found.recognised_share),
    }


def _heat(share: float) -> int:
    """Which of six tints: none, then up to 5, 10, 20, 40 % and above."""
    return sum(share > edge for edge in (0, 0.05, 0.1, 0.2, 0.4)) if share else 0


class PathsPage(FilteredView):
    """`…/paths/`: from a page or event on, or back from it."""

    title = _lazy("Paths")
    question = _lazy("Which way do visitors go, and where do they leave?")

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The steps as columns, each page a link to go on from there."""
        facts = self.page_facts() | self._asked_facts() | {"state": "ok"}
        try:
            found = journeys.paths(
                self.frame.query((), self.frame.period.window), self.start, self.direction, self.depth, SHOWN
            )
            facts |= {"columns": self._columns(found), "links": self._links(found)}
            facts["state"] = "ok" if found.nodes else "empty"
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/paths.html", facts)

    @cached_property
    def start(self) -> Rule | None:
        """What paths begin with; None for the first (or last) page of a visit."""
        params = self.request.GET
        value = params.get("start", "").strip()[:500]
        if not value:
            return None
        kind = RuleKind.EVENT if params.get("kind") == "event" else RuleKind.PAGE
        match = params.get("match", "")
        return Rule(kind, Match(match) if match in TextMatch.values else Match.IS, (value,))

    @cached_property
    def direction(self) -> Direction:
        """On from the start, or back from it."""
        return Direction.BACKWARD if self.request.GET.get("way") == "backward" else Direction.FORWARD

    @cached_property
    def depth(self) -> int:
        """How many steps."""
        text = self.request.GET.get("steps", "")
        return int(text) if text in {str(depth) for depth in DEPTHS} else DEPTHS[0]

    def _asked_facts(self) -> dict[str, Any]:
        params, rule = self.request.GET, self.start
        ways = ((Direction.FORWARD, _("Onward")), (Direction.BACKWARD, _("Backward")))
        return {
            "start": rule.values[0] if rule else "", "kind": rule.kind.value if rule else "page",
            "match": rule.match.value if rule else "is", "matches": TextMatch.choices,
            "backward": self.direction is Direction.BACKWARD,
            "ways": [
                {"label": label, "active": way is self.direction,
                 "href": self.path + filters.address(params, self.filters, way=way.value)} for way, label in ways
            ],
            "depths": [
                {"label": str(depth), "active": depth == self.depth,
                 "href": self.path + filters.address(params, self.filters, steps=str(depth))} for depth in DEPTHS
            ],
            "start_href": self.path + filters.address(params, self.filters, start="", kind="", match=""),
            "kept": [("f", filters.written(item)) for item in self.filters]
            + [(key, params[key]) for key in ("range", "from", "to", "compare", "way", "steps") if key in params],
        }

    def _columns(self, found: journeys.Paths) -> list[dict[str, Any]]:
        columns: dict[int, dict[str, Any]] = {}
        largest = max((node.visits for node in found.nodes), default=0)
        for node in found.nodes:
            column = columns.setdefault(node.depth, {"number": node.depth, "nodes": [], "visits": 0, "ended": 0})
            column["visits"] += node.visits
            column["ended"] += node.ended
            column["nodes"].append(self._node(node, largest))
        for column in columns.values():
            column["total"], column["left"] = count(column["visits"]), count(column["ended"])
        return [columns[depth] for depth in sorted(columns)]

    def _node(self, node: journeys.Node, largest: int) -> dict[str, Any]:
        rest = node.page == REST
        event = not node.page.startswith("/")
        changes = {"start": node.page, "kind": "event" if event else "page", "match": ""}
        return {
            "label": _("Other pages") if rest else EVENTS.get(node.page, node.page), "visits": count(node.visits),
            "share": 100 * node.visits / largest if largest else 0, "ended": count(node.ended) if node.ended else "",
            "href": "" if rest else self.path + filters.address(self.request.GET, self.filters, **changes),
        }

    def _links(self, found: journeys.Paths) -> list[dict[str, Any]]:
        return [
            {"cells": [
                {"text": str(link.depth + 1)}, {"text": _name(link.source)}, {"text": _name(link.target)},
                {"text": count(link.visits)},
            ]}
            for link in found.links
        ]


def _name(page: str) -> Any:
    return _("Other pages") if page == REST else EVENTS.get(page, page)
