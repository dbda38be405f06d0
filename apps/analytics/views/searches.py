"""For which searches a site is found: figures of Google beside visits of our own, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.selectors import search_figures
from apps.analytics.selectors.asking import asked
from apps.analytics.selectors.search_figures import Lines
from apps.analytics.selectors.searches import Known, SearchState, covered, search_known
from apps.analytics.views import search_table as table
from apps.analytics.views import search_words as words
from apps.analytics.views.base import SiteView
from apps.analytics.views.breakdown import harmless
from apps.analytics.views.filters import address
from apps.analytics.views.search_table import Wanted
from apps.core.csv_answers import CsvResponse
from apps.metrics import frame as frames
from apps.metrics import present, ranges, read
from apps.metrics.contracts import Filter, Operator, QueryTooSlow

CARDS = ("searches.clicks", "searches.impressions", "searches.ctr", "searches.position")
SESSIONS = "analytics.sessions"
PERIOD = ("range", "from", "to", "compare")
KEPT = (*PERIOD, "show", "by", "sort")
SECONDS = 5
CSV_CHUNK, MOST_EXPORTED = 5_000, 50_000


class SearchView(SiteView):
    """What page and CSV share: the period Google has figures of, and the rows asked for."""

    @cached_property
    def known(self) -> Known:
        """The state of the site's searches."""
        return search_known(self.site)

    @cached_property
    def period(self) -> ranges.Range:
        """As the address asks."""
        return ranges.parse_kindly(self.request.GET, self.organization.tz)

    @cached_property
    def frame(self) -> frames.Frame | None:
        """The part of the period that Google has figures of; None for none."""
        part = covered(self.period, self.known.row) if self.known.row else None
        return frames.of_request(self.request, part, subjects=(self.site.id,)) if part else None

    @cached_property
    def wanted(self) -> Wanted:
        """The table asked for."""
        return Wanted.of(self.request.GET)

    @property
    def one_href(self) -> str:
        """The page about one term or one page, over the same period."""
        path = reverse("analytics:site-searches-one", args=[self.organization.slug, self.site.script_id])
        period = {name: self.request.GET[name] for name in PERIOD if name in self.request.GET}
        return f"{path}?{urlencode(period)}" if period else path

    def lines(self, frame: frames.Frame, *, limit: int, offset: int) -> Lines:
        """Rows of the table; raises QueryTooSlow."""
        wanted, query = self.wanted, frame.query((), frame.period.window)
        return asked(query, lambda query, cursor: search_figures.lines(
            query, frame.period.comparison, wanted.tab.by, sort=wanted.sort, search=wanted.search, limit=limit,
            offset=offset, cursor=cursor,
        ), SECONDS)

    def cards(self, frame: frames.Frame) -> dict[str, Any]:
        """Key figures and the course of the one that was chosen."""
        page = read.page(CARDS, frame)
        chosen = f"searches.{self.request.GET.get('show', '')}"
        shown = page.series[chosen if chosen in CARDS else CARDS[0]]
        return {
            "cards": [self._card(page, key, frame, shown.metric.key) for key in CARDS],
            "chart_title": shown.metric.label,
            "chart": present.chart([shown], kind="area", comparison_name=frame.period.compare_label,
                                   empty_text=_("Nothing yet")),
            "freshness": words.until(self.known), "source": words.source(self.known),
        }

    def _card(self, page: Any, key: str, frame: frames.Frame, shown: str) -> dict[str, Any]:
        answer = page.answers[key]
        if key == "searches.position" and answer.value is not None:
            answer = replace(answer, value=round(answer.value, 1), previous=answer.previous and round(
                answer.previous, 1))
        href = self.request.path + address(self.request.GET, (), show=key.partition(".")[2])
        return present.kpi(answer, frame, series=page.series[key], href=href, active=key == shown, freshness="")


class SearchPage(SearchView):
    """`…/searches/`."""

    title = gettext_lazy("Google searches")
    question = gettext_lazy("What do people search for when they find you?")

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The figures, or what is missing before there can be any."""
        facts = {
            "site": self.site, "title": self.title, "question": self.question,
            "range": self.period if self.known.state is SearchState.OK else None,
            "may_manage": self.may("connection.manage"), "known": self.known, "state": self.known.state.value,
            "trouble": words.trouble(self.known), "offers": words.offers(),
        }
        if self.known.state is SearchState.OK:
            facts |= self._figures()
        return render(request, "analytics/searches.html", facts)

    def _figures(self) -> dict[str, Any]:
        notes = words.notes(self.known, self.frame)
        if self.frame is None:
            return {"state": "lag", "notes": notes}
        try:
            share = read.value("searches.named_share", self.frame)
            return {
                "notes": notes, "unnamed": words.unnamed(share.value), **self.cards(self.frame),
                **self._table(self.frame),
            }
        except QueryTooSlow:
            return {"state": "error", "notes": notes}

    def _table(self, frame: frames.Frame) -> dict[str, Any]:
        wanted, params = self.wanted, self.request.GET
        lines = self.lines(frame, limit=table.PAGE, offset=wanted.offset)
        visits = self._visits(frame, lines) if wanted.tab.by == "search_page" else None
        path = reverse("analytics:site-searches-csv", args=[self.organization.slug, self.site.script_id])
        return {
            "tabs": table.tabs(params, wanted), "tab": wanted.tab, "search": wanted.search,
            "columns": table.columns(params, wanted, with_visits=visits is not None),
            "rows": table.rows(
                wanted, lines, visits, compared=frame.period.comparison is not None, one_href=self.one_href,
            ),
            "kept": [(name, params[name]) for name in KEPT if name in params],
            "pager": table.pager(params, wanted, lines), "csv_href": path + address(params, (), offset=""),
        }

    def _visits(self, frame: frames.Frame, lines: Lines) -> dict[str, int]:
        """Our own visits that came from Google's results, by the page they began on; raises QueryTooSlow."""
        paths = tuple(sorted({path for line in lines.rows if (path := table.path_of(line.value))}))
        if not paths:
            return {}
        narrowed = replace(frame, filters=(
            Filter("source", Operator.IS, ("google",)), Filter("channel", Operator.IS, ("organic_search",)),
            Filter("entry_page", Operator.ONE_OF, paths),
        ))
        found = read.breakdown([SESSIONS], narrowed, by="entry_page", limit=len(paths))
        return dict.fromkeys(paths, 0) | {line.value: int(line.values[SESSIONS] or 0) for line in found.lines}


class SearchCsv(SearchView):
    """`…/searches.csv`: every row of the table as sorted and searched."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse | CsvResponse:
        """Plain numbers; what a table program would take for a formula is made harmless."""
        frame = self.frame
        try:
            first = self.lines(frame, limit=CSV_CHUNK, offset=0) if frame else Lines([], False)
        except QueryTooSlow:
            return HttpResponse(_("This takes too long on so much data. Choose a shorter period."), status=503)
        part = frame.period if frame else self.period
        name = f"searches-{self.site.script_id}-{self.wanted.tab.key}-{part.start}-{part.end}.csv"
        return CsvResponse(self._table(first), name)

    def _table(self, first: Lines) -> Iterator[Sequence[Any]]:
        yield [self.wanted.tab.one, *words.CSV_HEADS]
        found, offset = first, 0
        while found.rows:
            for line in found.rows:
                yield [
                    harmless(line.value), line.clicks, line.impressions, line.rate, line.place, line.clicks_before,
                    line.impressions_before, line.place_before,
                ]
            offset += len(found.rows)
            if not found.more or offset >= MOST_EXPORTED or self.frame is None:
                return
            found = self.lines(self.frame, limit=CSV_CHUNK, offset=offset)
