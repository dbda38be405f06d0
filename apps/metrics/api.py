"""Numbers through the API: what there is, and the same four doors as everywhere else."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.tenant_api.views import TenantAPIView
from apps.core.api.problems import Problem, translate
from apps.metrics import read, registry
from apps.metrics.contracts import Filter, Operator, QueryTooSlow
from apps.metrics.frame import Frame, of_request
from apps.metrics.ranges import COMPARISONS, PRESETS, BadRange, parse
from apps.metrics.registry import Metric, formula_words
from apps.metrics.serializers import BreakdownOut, MetricOut, SeriesOut, ValueOut, amount, named, value_told

translate(QueryTooSlow, lambda error: Problem(503, "unavailable", _("This takes too long; ask for a shorter period.")))
MOST_FILTERS = 10
MOST_ROWS = 200
LONGEST = 500
_QUERY = OpenApiParameter.QUERY
PERIOD = [
    OpenApiParameter("range", str, _QUERY, enum=PRESETS, default="28d"),
    OpenApiParameter("from", str, _QUERY, description="First day of a custom range: 2026-11-01."),
    OpenApiParameter("to", str, _QUERY, description="Last day of a custom range, included."),
    OpenApiParameter("compare", str, _QUERY, enum=COMPARISONS, default="previous"),
    OpenApiParameter("subject", int, _QUERY, many=True, description="Only these sites or stores, by number."),
    OpenApiParameter(
        "f", str, _QUERY, many=True,
        description="A filter `dimension:operator:value`, such as `country:is:DE`; operators are is, is_not, contains "
        "and one_of (values separated by `|`).",
    ),
]  # fmt: skip
GRAIN = OpenApiParameter("grain", str, _QUERY, enum=["hour", "day", "week", "month"])


class MetricListView(TenantAPIView):
    """Every metric the caller may see."""

    rights = {"get": "metrics.view"}

    @extend_schema(summary="List the metrics", responses=MetricOut(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """What can be asked for, and what it means."""
        viewer = of_request(request._request, _period(self, {})).viewer
        seen = [metric for metric in registry.all_metrics() if viewer.may(metric.action)]
        return Response([_described(metric) for metric in seen])


class MetricView(TenantAPIView):
    """The base of the doors of one metric."""

    rights = {"get": "metrics.view"}

    def metric(self) -> Metric:
        """The one in the address; 404 for none."""
        found = registry.find(self.kwargs["key"])
        if found is None:
            raise Http404
        return found

    def frame(self, metric: Metric) -> Frame:
        """The period, subjects and filters asked for, by the caller."""
        params = self.request.query_params
        frame = of_request(
            self.request._request, _period(self, params.dict()), subjects=_subjects(params.getlist("subject")),
            filters=_filters(params.getlist("f"), metric),
        )  # fmt: skip
        if not frame.viewer.may(metric.action):
            raise PermissionDenied
        return frame


class ValueView(MetricView):
    """One number and what it was."""

    @extend_schema(summary="One number against its comparison", parameters=PERIOD, responses=ValueOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The value over the whole period."""
        return Response(value_told(read.compare(self.metric().key, self.frame(self.metric()))))


class SeriesView(MetricView):
    """One number over time."""

    @extend_schema(summary="One number over time", parameters=[*PERIOD, GRAIN], responses=SeriesOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The values by bucket, in the organization's time zone."""
        found = read.series(self.metric().key, self.frame(self.metric()))
        return Response(
            {
                **named(found.metric, found.currency),
                "grain": found.grain.value,
                "times": found.times,
                "values": [amount(value) for value in found.values],
                "comparison_times": found.comparison_times,
                "comparison": [amount(value) for value in found.comparison],
                "open_index": found.open_index,
            }
        )


class BreakdownView(MetricView):
    """One number by a dimension."""

    @extend_schema(
        summary="One number by a dimension",
        parameters=[
            *PERIOD,
            OpenApiParameter("by", str, _QUERY, required=True, description="One of the metric's dimensions."),
            OpenApiParameter("limit", int, _QUERY, default=10),
            OpenApiParameter("offset", int, _QUERY, default=0),
        ],
        responses=BreakdownOut,
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The largest rows first."""
        metric = self.metric()
        by = request.query_params.get("by", "")
        if by not in metric.by:
            raise serializers.ValidationError({"by": _("This metric cannot be broken down by that.")})
        limit = _whole(request, "limit", 10, 1, MOST_ROWS)
        offset = _whole(request, "offset", 0, 0, 1_000_000)
        found = read.breakdown([metric.key], self.frame(metric), by=by, limit=limit, offset=offset)
        rows = [
            {"value": line.value, "amount": amount(line.values[metric.key]), "share": line.share}
            for line in found.lines
        ]
        return Response({**named(metric, found.currency), "by": by, "rows": rows, "more": found.more})


def _described(metric: Metric) -> dict[str, Any]:
    return {
        "key": metric.key,
        "label": str(metric.label),
        "help": str(metric.help),
        "formula": str(formula_words(metric)),
        "unit": metric.unit.value,
        "better": metric.better.value,
        "kind": metric.kind,
        "by": list(metric.by),
        "unique_over": metric.unique_over,
    }


def _period(view: TenantAPIView, params: dict[str, str]) -> Any:
    try:
        return parse(params, view.organization.tz)
    except BadRange as error:
        raise serializers.ValidationError({"range": str(error)}) from error


def _subjects(texts: list[str]) -> tuple[int, ...]:
    field = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    try:
        return tuple(sorted({field.run_validation(text) for text in texts}))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"subject": error.detail}) from error


def _filters(texts: list[str], metric: Metric) -> tuple[Filter, ...]:
    if len(texts) > MOST_FILTERS:
        raise serializers.ValidationError({"f": _("At most %d filters.") % MOST_FILTERS})
    return tuple(_filter(text, metric) for text in texts)


def _filter(text: str, metric: Metric) -> Filter:
    dimension, _first, rest = text.partition(":")
    operator, _second, value = rest.partition(":")
    known = {item.value for item in Operator}
    if dimension not in metric.by or operator not in known or not value or len(value) > LONGEST or "\x00" in value:
        raise serializers.ValidationError({"f": _("The filter “%s” cannot be read.") % text[:LONGEST]})
    values = tuple(value.split("|")) if operator == Operator.ONE_OF else (value,)
    return Filter(dimension, Operator(operator), values)


def _whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    field = serializers.IntegerField(min_value=least, max_value=most)
    try:
        return field.run_validation(request.query_params.get(name, default))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from error


tenant_urlpatterns = [
    path("metrics/", MetricListView.as_view(), name="metrics"),
    path("metrics/<str:key>/value/", ValueView.as_view(), name="metric-value"),
    path("metrics/<str:key>/series/", SeriesView.as_view(), name="metric-series"),
    path("metrics/<str:key>/breakdown/", BreakdownView.as_view(), name="metric-breakdown"),
]
