"""Google searches of a site through the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.analytics.api.of_site import SiteAPIView
from apps.analytics.enums import SearchDimension
from apps.analytics.selectors import search_figures
from apps.analytics.selectors.asking import asked
from apps.analytics.selectors.searches import Known, covered, search_is_stored, search_known
from apps.analytics.serializers.searches import (
    SearchesOut,
    SearchPairsIn,
    SearchPairsOut,
    SearchRowsIn,
    SearchRowsOut,
)
from apps.analytics.services.search_pairs import search_pairs
from apps.metrics import read
from apps.metrics.api import PERIOD
from apps.metrics.frame import Frame

TOTALS = ("clicks", "impressions", "ctr", "position", "named_share")
BY = {"term": "search_term", "page": "search_page", "country": "search_country", "device": "search_device"}
PAIRS = {"page": ("page", "query", SearchDimension.PAGE), "term": ("query", "page", SearchDimension.QUERY)}
SECONDS = 5
_PERIOD = [parameter for parameter in PERIOD if parameter.name in {"range", "from", "to", "compare"}]
_BY = OpenApiParameter("by", str, OpenApiParameter.PATH, enum=list(BY))


class _Searches(SiteAPIView):
    """What both doors ask."""

    rights = {"get": "site.view"}

    def part(self, known: Known) -> Frame | None:
        """The part of the period asked for that Google has figures of."""
        frame = self.asked()
        period = covered(frame.period, known.row) if known.row else None
        return Frame(
            period=period, organization_ids=frame.organization_ids, currency=frame.currency, viewer=frame.viewer,
            subjects=frame.subjects,
        ) if period else None


class SearchesView(_Searches):
    """All searches."""

    @extend_schema(summary="Google searches of a site", parameters=_PERIOD, responses=SearchesOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """How far figures reach, and their totals against the comparison."""
        known = search_known(self.site)
        frame = self.part(known)
        return Response(SearchesOut(_told(known, frame)).data)


class SearchRowsView(_Searches):
    """Searches by one dimension."""

    @extend_schema(
        operation_id="sites_searches_by_retrieve",
        summary="Google searches by term, page, country or device", parameters=[*_PERIOD, _BY, SearchRowsIn],
        responses=SearchRowsOut,
    )
    def get(self, request: Request, by: str, **kwargs: Any) -> Response:
        """Rows, sorted and searched."""
        if by not in BY:
            raise Http404
        given, frame = _given(request), self.part(search_known(self.site))
        if frame is None:
            return Response({"rows": [], "more": False})
        found = asked(frame.query((), frame.period.window), lambda query, cursor: search_figures.lines(
            query, frame.period.comparison, BY[by], sort=given["sort"], search=given["q"].strip(),
            limit=given["limit"], offset=given["offset"], cursor=cursor,
        ), SECONDS)
        return Response(SearchRowsOut(found).data)


class SearchPairsView(_Searches):
    """What goes with one term or one page."""

    @extend_schema(
        summary="Search terms of one page, or pages of one search term", parameters=[*_PERIOD, SearchPairsIn],
        responses=SearchPairsOut,
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Asked of the vendor, unless it was asked the same within some hours. 404 for a term or page that is not among
        the stored figures; 502 with `Retry-After` while the vendor wants to be left alone."""
        given: serializers.Serializer = SearchPairsIn(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        asked_for, known = given.validated_data, search_known(self.site)
        of, by, dim = PAIRS["page" if asked_for["page"] else "term"]
        value = asked_for["page"] or asked_for["term"]
        frame = self.part(known)
        if frame is None or not search_is_stored(self.site, dim, value):
            raise Http404
        found = search_pairs(
            row=known.row, by=by, of=of, value=value, first=frame.period.start, last=frame.period.end, ask=True
        )
        return Response(SearchPairsOut(found).data)


def _told(known: Known, frame: Frame | None) -> dict[str, Any]:
    row, answers = known.row, {}
    if frame is not None:
        keys = [f"searches.{name}" for name in TOTALS]
        answers = read.page(keys, frame, with_series=False).answers
    compared = frame is not None and frame.period.comparison is not None
    return {
        "state": known.state.value, "property": row.property if row else "",
        "problem": known.connection.last_error if known.connection else "",
        **{name: getattr(row, name, None) for name in ("first_day", "last_day", "final_day")},
        "covered_from": frame.period.start if frame else None, "covered_to": frame.period.end if frame else None,
        "now": {name: answers[f"searches.{name}"].value for name in TOTALS} if frame else None,
        "before": {name: answers[f"searches.{name}"].previous for name in TOTALS} if compared else None,
    }


def _given(request: Request) -> dict[str, Any]:
    params = request.query_params
    found: serializers.Serializer = SearchRowsIn(
        data={name: params[name] for name in SearchRowsIn().fields if name in params}
    )
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


patterns = [
    path("searches/", SearchesView.as_view(), name="site-searches"),
    path("searches/pairs/", SearchPairsView.as_view(), name="site-search-pairs"),
    path("searches/<slug:by>/", SearchRowsView.as_view(), name="site-search-rows"),
]
