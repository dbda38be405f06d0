"""One page with the terms it is found for, or one term with the pages it leads to. The figures of the one are stored;
what goes with it is asked for when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.enums import SearchDimension
from apps.analytics.selectors.search_figures import picked
from apps.analytics.selectors.searches import search_is_stored
from apps.analytics.services.search_pairs import Pairs, search_pairs
from apps.analytics.views import search_table as table
from apps.analytics.views import search_words as words
from apps.analytics.views.breakdown import harmless
from apps.analytics.views.filters import address
from apps.analytics.views.search_table import TABS, Tab, Wanted
from apps.analytics.views.searches import PERIOD, SearchView
from apps.core.csv_answers import CsvResponse
from apps.core.providers import ProviderError
from apps.metrics import frame as frames
from apps.metrics import read
from apps.metrics.contracts import Filter, Operator, QueryTooSlow

CLICKS = "searches.clicks"
_TERMS, _PAGES = TABS[:2]
_NAMES = {_TERMS.key: ("query", SearchDimension.QUERY), _PAGES.key: ("page", SearchDimension.PAGE)}
_LONGEST = 2_000
KEPT = (*PERIOD, "sort", "term", "page")


class OneView(SearchView):
    """What page and CSV share: which term or page, its figures, and what goes with it."""

    @cached_property
    def of(self) -> Tab:
        """What the address names: a page, else a term."""
        return _PAGES if "page" in self.request.GET else _TERMS

    @cached_property
    def by(self) -> Tab:
        """What goes with it."""
        return _TERMS if self.of is _PAGES else _PAGES

    @property
    def is_named(self) -> bool:
        """Whether the address names anything at all."""
        return bool(self.request.GET.get(self.of.of))

    @cached_property
    def value(self) -> str:
        """The term or page; 404 for one that is not among the stored figures."""
        found = self.request.GET.get(self.of.of, "").replace("\x00", "")[:_LONGEST]
        if not found or not search_is_stored(self.site, _NAMES[self.of.key][1], found):
            raise Http404
        return found

    @cached_property
    def frame(self) -> frames.Frame | None:
        """The part of the period that Google has figures of, narrowed to this one."""
        found = super().frame
        only = Filter(self.of.by, Operator.IS, (self.value,))
        return replace(found, filters=(only,)) if found else None

    @cached_property
    def wanted(self) -> Wanted:
        """The table asked for."""
        return replace(Wanted.of(self.request.GET), tab=self.by)

    def pairs(self, frame: frames.Frame, *, ask: bool) -> Pairs | None:
        """What goes with it; raises ProviderError."""
        return search_pairs(
            row=self.known.row, by=_NAMES[self.by.key][0], of=_NAMES[self.of.key][0], value=self.value,
            first=frame.period.start, last=frame.period.end, ask=ask,
        )


class SearchOne(OneView):
    """`…/searches/one/?page=…` or `?term=…`; `#search-pairs` alone is what goes with it, asked of Google if need be."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The page, or the part of it that takes longer; to all searches where nothing is named."""
        if not self.is_named:
            return redirect("analytics:site-searches", slug, script_id)
        value, frame = self.value, self.frame
        if request.headers.get("HX-Target", "").endswith("#search-pairs") and frame is not None:
            return render(request, "analytics/searches_pairs.html", self._pairs(frame, ask=True))
        name = table.path_shown(value) if self.of is _PAGES else value
        question = _("What do people search for when they find this page?")
        if self.of is _TERMS:
            question = _("To which pages does this search lead?")
        facts = {
            "site": self.site, "title": name, "range": self.period, "value": value,
            "question": question, "is_page": self.of is _PAGES,
            "notes": words.notes(self.known, frame), "links": self._links(), "state": "ok" if frame else "lag",
        }
        return render(request, "analytics/searches_one.html", facts | (self._figures(frame) if frame else {}))

    def _figures(self, frame: frames.Frame) -> dict[str, Any]:
        try:
            return {**self.cards(frame), **self._pairs(frame, ask=False)}
        except QueryTooSlow:
            return {"state": "error"}

    def _links(self) -> dict[str, str]:
        here = [self.organization.slug, self.site.script_id]
        period = {name: "" for name in (*KEPT, "q", "offset", "show") if name not in PERIOD}
        back = reverse("analytics:site-searches", args=here) + address(self.request.GET, (), by=self.of.key, **period)
        path = table.path_of(self.value) if self.of is _PAGES else ""
        visits = address(self.request.GET, (Filter("entry_page", Operator.IS, (path,)),), **period) if path else ""
        is_address = self.of is _PAGES and self.value.startswith(("https://", "http://"))
        return {
            "back": back, "visits": reverse("analytics:site", args=here) + visits if visits else "",
            "there": self.value if is_address else "",
        }

    def _pairs(self, frame: frames.Frame, *, ask: bool) -> dict[str, Any]:
        facts = {"by": self.by, "is_page": self.of is _PAGES, "here": self.request.get_full_path()}
        try:
            found = self.pairs(frame, ask=ask)
        except ProviderError as error:
            return facts | {"problem": str(error), "waiting": words.waiting(error.retry_after)}
        return facts | (self._table(frame, found) if found else {"asking": True})

    def _table(self, frame: frames.Frame, pairs: Pairs) -> dict[str, Any]:
        wanted, params = self.wanted, self.request.GET
        lines = picked(pairs.rows, sort=wanted.sort, search=wanted.search, limit=table.PAGE, offset=wanted.offset)
        path = reverse("analytics:site-searches-one-csv", args=[self.organization.slug, self.site.script_id])
        return {
            "pairs": pairs, "search": wanted.search, "kept": [(name, params[name]) for name in KEPT if name in params],
            "columns": table.columns(params, wanted, with_visits=False), "pager": table.pager(params, wanted, lines),
            "rows": table.rows(wanted, lines, None, compared=False, one_href=self.one_href),
            "csv_href": path + address(params, (), offset=""), "unnamed": self._unnamed(frame, pairs),
        }

    def _unnamed(self, frame: frames.Frame, pairs: Pairs) -> str:
        """Which share of the page's clicks has words, where both speak of the same days and nothing was cut off."""
        if self.of is not _PAGES or pairs.is_cut or pairs.is_short:
            return ""
        try:
            whole = read.value(CLICKS, frame).value
        except QueryTooSlow:
            return ""
        return words.unnamed_of_page(sum(line.clicks for line in pairs.rows) / float(whole) if whole else None)


class SearchOneCsv(OneView):
    """`…/searches/one.csv`: every row of the table as sorted and searched."""

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse | CsvResponse:
        """Plain numbers; what a table program would take for a formula is made harmless."""
        if not self.is_named:
            return HttpResponse(_("Name a page or a search term."), status=400)
        frame = self.frame if self.value else None
        try:
            found = self.pairs(frame, ask=True) if frame else None
        except ProviderError as error:
            return HttpResponse(str(error), status=503)
        part = frame.period if frame else self.period
        name = f"searches-{self.site.script_id}-{self.by.key}-{part.start}-{part.end}.csv"
        return CsvResponse(self._table(found), name)

    def _table(self, pairs: Pairs | None) -> Iterator[Sequence[Any]]:
        yield [self.by.one, *words.CSV_HEADS[:4]]
        rows, wanted = pairs.rows if pairs else (), self.wanted
        for line in picked(rows, sort=wanted.sort, search=wanted.search, limit=len(rows), offset=0).rows:
            yield [harmless(line.value), line.clicks, line.impressions, line.rate, line.place]
