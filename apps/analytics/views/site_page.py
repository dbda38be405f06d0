"""The page of a site: figures, their course, and the breakdowns, all under the filters in the address."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.analytics.metrics.traffic import MOMENTS
from apps.analytics.selectors.kept import days_with_figures
from apps.analytics.views import filters, heatmap, panels, segments, speed
from apps.analytics.views.base import SiteView
from apps.metrics import frame as frames
from apps.metrics import present, ranges, read
from apps.metrics.contracts import Filter, QueryTooSlow
from apps.metrics.moments import moments

CARDS = (
    "analytics.visitors", "analytics.sessions", "analytics.pageviews", "analytics.engaged_time",
    "analytics.bounce_rate", "analytics.conversions", "analytics.conversion_rate", "analytics.revenue",
)


class SitePage(SiteView):
    """`/o/<slug>/traffic/<script id>/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The page, or one panel of it."""
        facts = {"site": self.site, "title": _("Traffic"), "question": _("Who comes, from where, and what do they do?"),
                 "state": "ok", **self._frame_facts()}
        try:
            if panel := self._wanted_panel():
                return render(request, "analytics/panel.html", facts | {"panel": panel})
            if self._target == "panel-speed":
                return render(request, "analytics/speed.html", facts | {"speed": speed.facts(self.site, self.frame)})
            facts |= self._figures()
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/site.html", facts)

    @cached_property
    def path(self) -> str:
        """This page without parameters."""
        return reverse("analytics:site", args=[self.organization.slug, self.site.script_id])

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """The filters in the address that can be read; `unreadable` is the first of the others."""
        found, self.unreadable = segments.asked(self)
        return found

    unreadable = ""

    @cached_property
    def frame(self) -> frames.Frame:
        """Whose numbers, when, under which filters."""
        period = ranges.parse_kindly(self.request.GET, self.organization.tz)
        return frames.of_request(self.request, period, subjects=(self.site.id,), filters=self.filters)

    def _frame_facts(self) -> dict[str, Any]:
        return {
            "range": self.frame.period,
            **segments.bar(self, self.path),
            "may_edit": self.may("site.edit", self.site),
            "live_topic": f"site.{self.site.id}",
            "live": self._live(),
            "csv_href": self._csv_href(),
        }

    def _csv_href(self) -> str:
        """The course of the measure shown, over the same period and under the same filters."""
        path = reverse("metrics:csv", args=[self.organization.slug, self._measure])
        query = filters.address(self.request.GET, self.filters, show="", subject=str(self.site.id))
        return path + query

    def _live(self) -> list[dict[str, Any]]:
        today = ranges.parse({"range": "today", "compare": "none"}, self.organization.tz)
        return moments(MOMENTS, frames.of_request(self.request, today, subjects=(self.site.id,)))

    @cached_property
    def _measure(self) -> str:
        wanted = f"analytics.{self.request.GET.get('show', 'visitors')}"
        return wanted if wanted in CARDS else CARDS[0]

    def _figures(self) -> dict[str, Any]:
        imported = {}
        if not self.site.is_detected:
            if (days := days_with_figures(self.site)) is None:
                return {"state": "empty"}
            imported = {"imported": self._imported(days)}
        page = read.page(CARDS, self.frame)
        shown = page.series[self._measure]
        return {
            "cards": [self._card(page, key) for key in CARDS],
            "chart_title": shown.metric.label,
            "chart": present.chart(
                [shown], kind="area", comparison_name=self.frame.period.compare_label, empty_text=_("Nothing yet")
            ),
            "freshness": present.freshness(page.answers[self._measure].until, self.frame),
            "grains": self._grains(),
            "panels": [self._panel(panel.key) for panel in panels.PANELS],
            "speed": self._speed(),
            **heatmap.facts(self.frame), **imported,
        }

    def _imported(self, days: tuple[datetime, datetime]) -> dict[str, str]:
        """From when to when there are figures, and the page that shows all of them."""
        first, last = (day.astimezone(self.organization.tz).date() for day in days)
        changes = {"range": "custom", "from": first.isoformat(), "to": last.isoformat()}
        return {
            "first": date_format(first), "last": date_format(last),
            "href": self.path + filters.address(self.request.GET, self.filters, **changes),
        }

    def _card(self, page: Any, key: str) -> dict[str, Any]:
        name = key.partition(".")[2]
        href = self.path + filters.address(self.request.GET, self.filters, show=name)
        return present.kpi(
            page.answers[key], self.frame, series=page.series[key], href=href, active=key == self._measure
        )

    def _grains(self) -> list[dict[str, Any]]:
        words = {"hour": _("Hour"), "day": _("Day"), "week": _("Week"), "month": _("Month")}
        return [
            {
                "label": words[grain.value],
                "href": self.path + filters.address(self.request.GET, self.filters, grain=grain.value),
                "active": grain is self.frame.period.grain,
            }
            for grain in self.frame.period.grains
        ]

    @property
    def _target(self) -> str:
        """The id of the element that htmx is going to replace."""
        return (self.request.headers.get("HX-Target") or "").rpartition("#")[2]

    def _wanted_panel(self) -> dict[str, Any] | None:
        """A change of tab asks for its panel alone: the element it will replace names it."""
        key = self._target.removeprefix("panel-")
        return self._panel(key) if self._target.startswith("panel-") and key in panels.BY_KEY else None

    def _speed(self) -> dict[str, Any]:
        """Under filters it is counted event by event: the card asks for it when somebody scrolls there."""
        if not self.filters:
            return speed.facts(self.site, self.frame)
        return {"state": "loading", "href": self.path + filters.address(self.request.GET, self.filters)}

    def _panel(self, key: str) -> dict[str, Any]:
        return panels.drawn(panels.BY_KEY[key], self.frame, self.request.GET, self.path)
