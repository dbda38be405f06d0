"""One breakdown whole: every row, several figures a row, paged, and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.views import filters, segments
from apps.analytics.views.base import SiteView
from apps.analytics.views.labels import DIMENSIONS, value_label
from apps.core.csv_answers import CsvResponse
from apps.metrics import frame as frames
from apps.metrics import present, ranges, read, registry
from apps.metrics.answers import Breakdown
from apps.metrics.contracts import QueryTooSlow

COLUMNS = (
    "analytics.visitors", "analytics.sessions", "analytics.pageviews", "analytics.bounce_rate",
    "analytics.conversions", "analytics.revenue",
)
# A page view is no visit: what only whole visits have (bounces, orders) is not counted by page, and so on.
OWN_COLUMNS = {
    "page": ("analytics.visitors", "analytics.sessions", "analytics.pageviews", "analytics.engaged"),
    "entry_page": ("analytics.visitors", "analytics.sessions", "analytics.bounce_rate"),
    "exit_page": ("analytics.visitors", "analytics.sessions"),
    "conversion_page": ("analytics.conversions", "analytics.visitors", "analytics.orders", "analytics.revenue"),
    "event": ("analytics.events", "analytics.visitors", "analytics.conversions", "analytics.revenue"),
    "property": ("analytics.events", "analytics.visitors"),
}
PAGE = 50
CSV_CHUNK = 2000
MOST_ROWS = 100_000


class BreakdownView(SiteView):
    """What both forms share: the dimension in the address and the numbers asked for."""

    @property
    def by(self) -> str:
        """The dimension; 404 for one there is not."""
        if self.kwargs["by"] not in DIMENSIONS:
            raise Http404
        return str(self.kwargs["by"])

    @property
    def columns(self) -> tuple[str, ...]:
        """The figures of a row, the one to sort by first."""
        columns = OWN_COLUMNS.get(self.by, COLUMNS)
        wanted = f"analytics.{self.request.GET.get('sort', '')}"
        return (wanted, *(key for key in columns if key != wanted)) if wanted in columns else columns

    @cached_property
    def frame(self) -> frames.Frame:
        """Whose numbers, when, under which filters; `unreadable` is the first filter that was left out."""
        found, self.unreadable = segments.asked(self)
        period = ranges.parse_kindly(self.request.GET, self.organization.tz)
        return frames.of_request(self.request, period, subjects=(self.site.id,), filters=found)

    unreadable = ""


class BreakdownPage(BreakdownView):
    """`…/by/<dimension>/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str, by: str) -> HttpResponse:
        """Fifty rows from `?offset=`."""
        frame = self.frame
        offset = _offset(request.GET.get("offset", ""))
        try:
            found = read.breakdown(self.columns, frame, by=self.by, order=self.columns[0], limit=PAGE, offset=offset)
        except QueryTooSlow:
            found = None
        site_path = reverse("analytics:site", args=[slug, script_id])
        facts = {
            "site": self.site,
            "range": frame.period,
            "title": DIMENSIONS[self.by].label,
            "chips": filters.chips(request.GET, frame.filters),
            "unreadable_filter": self.unreadable,
            "clear_href": filters.address(request.GET, ()),
            "back_href": site_path + filters.address(request.GET, frame.filters, sort="", offset=""),
            "columns": self._heads(),
            "rows": _rows(found, request, frame, site_path) if found else [],
            "csv_href": f"{site_path}by/{self.by}.csv{filters.address(request.GET, frame.filters, offset='')}",
            "state": "error" if found is None else "ok" if found.lines else "empty",
            "pager": self._pager(found, frame, offset) if found else {},
        }
        return render(request, "analytics/breakdown.html", facts)

    def _heads(self) -> list[dict[str, Any]]:
        heads: list[dict[str, Any]] = [{"key": "name", "label": DIMENSIONS[self.by].label}]
        frame_filters = self.frame.filters
        for metric in map(registry.get, self.columns):
            name = metric.key.partition(".")[2]
            href = filters.address(self.request.GET, frame_filters, sort=name, offset="")
            first = metric.key == self.columns[0]
            heads.append(
                {"key": name, "label": metric.label, "align": "end", "help": metric.help, "sort_href": href}
                | ({"sorted": "desc"} if first else {})
            )
        return heads

    def _pager(self, found: Breakdown, frame: frames.Frame, offset: int) -> dict[str, str]:
        def at(position: int) -> str:
            return filters.address(self.request.GET, frame.filters, offset=str(position) if position else "")

        return {
            "prev_href": at(max(0, offset - PAGE)) if offset else "",
            "next_href": at(offset + PAGE) if found.more else "",
            "summary": _("Rows %(first)s to %(last)s")
            % {"first": offset + 1, "last": offset + len(found.lines)} if found.lines else "",
        }


class BreakdownCsv(BreakdownView):
    """`…/by/<dimension>.csv`: every row, streamed."""

    def get(self, request: HttpRequest, slug: str, script_id: str, by: str) -> HttpResponse | CsvResponse:
        """Rows as plain numbers, with the period in the first line's head."""
        frame, columns, by = self.frame, self.columns, self.by
        name = f"{self.site.script_id}-{by}-{frame.period.start}-{frame.period.end}.csv"
        try:
            first = read.breakdown(columns, frame, by=by, limit=CSV_CHUNK)
        except QueryTooSlow:
            return HttpResponse(_("These filters take too long on so much data. Choose a shorter period."), status=503)
        return CsvResponse(_table(first, frame, columns, by), name)


def _table(first: Breakdown, frame: frames.Frame, columns: tuple[str, ...], by: str) -> Iterator[Sequence[Any]]:
    """The CSV, chunk by chunk. What would be read as a formula by a spreadsheet is made harmless."""
    yield [str(DIMENSIONS[by].label), *(str(metric.label) for metric in first.metrics)]
    found, offset = first, 0
    while found.lines:
        for line in found.lines:
            values = [present.number(line.values[metric.key]) for metric in found.metrics]
            yield [harmless(line.value), *("" if value is None else value for value in values)]
        offset += len(found.lines)
        if not found.more or offset >= MOST_ROWS:
            return
        found = read.breakdown(columns, frame, by=by, limit=CSV_CHUNK, offset=offset)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _rows(found: Breakdown, request: HttpRequest, frame: frames.Frame, path: str) -> list[dict[str, Any]]:
    rows = []
    for line, bar in zip(found.lines, present.share_rows(found), strict=True):
        narrowed = filters.with_value(frame.filters, found.by, line.value)
        name = {
            "text": value_label(found.by, line.value),
            "href": path + filters.address(request.GET, narrowed, sort="", offset=""),
            "flag": line.value if found.by == "country" else "",
            "share": bar["share"],
        }
        cells = [{"text": present.short(line.values[m.key], m, found.currency)} for m in found.metrics]
        rows.append({"cells": [name, *cells]})
    return rows


def _offset(text: str) -> int:
    return min(int(text), MOST_ROWS) if text.isdigit() else 0
