"""Retention, paths and products of a site through the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.analytics.api.journeys import ASKED
from apps.analytics.api.of_site import SiteAPIView
from apps.analytics.contracts.rules import Match, Rule, RuleKind
from apps.analytics.enums import TextMatch
from apps.analytics.selectors import journeys
from apps.analytics.serializers.journeys import PathsOut, ProductOut, RetentionOut
from apps.metrics import read
from apps.metrics.contracts import Grain

_QUERY = OpenApiParameter.QUERY
_PRODUCT = {
    "quantity": "product_quantity", "orders": "product_orders", "revenue": "product_revenue", "views": "product_views",
    "cart_rate": "product_cart_rate", "buy_rate": "product_buy_rate", "returned": "product_returned",
}


class RetentionIn(serializers.Serializer):
    """What cohorts are made of."""

    by = serializers.ChoiceField(["day", "week", "month"], default="week")


class PathsIn(serializers.Serializer):
    """Where paths begin, and how far they go."""

    start = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    kind = serializers.ChoiceField(["page", "event"], default="page")
    match = serializers.ChoiceField(TextMatch.choices, default=TextMatch.IS)
    way = serializers.ChoiceField(["forward", "backward"], default="forward")
    steps = serializers.IntegerField(min_value=1, max_value=20, default=5)
    most = serializers.IntegerField(min_value=1, max_value=50, default=10)


class ProductsIn(serializers.Serializer):
    """Which rows."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=100_000, default=0)


class RetentionView(SiteAPIView):
    """Who comes back."""

    rights = {"get": "site.view"}

    @extend_schema(summary="Who comes back", parameters=[*ASKED, RetentionIn], responses=RetentionOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Cohorts of visitors who can be recognised."""
        given, frame = _given(RetentionIn, request), self.asked()
        found = journeys.retention(frame.query((), frame.period.window), Grain(given["by"]))
        return Response(RetentionOut(asdict(found)).data)


class PathsView(SiteAPIView):
    """Which way visitors go."""

    rights = {"get": "site.view"}

    @extend_schema(summary="Which way visitors go", parameters=[*ASKED, PathsIn], responses=PathsOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Pages by their distance from the start, and the links between them."""
        given, frame = _given(PathsIn, request), self.asked()
        start = Rule(RuleKind(given["kind"]), Match(given["match"]), (given["start"],)) if given["start"] else None
        found = journeys.paths(
            frame.query((), frame.period.window), start, journeys.Direction(given["way"]), given["steps"],
            given["most"],
        )
        return Response(PathsOut(asdict(found)).data)


class ProductsView(SiteAPIView):
    """What is sold."""

    rights = {"get": "site.view"}

    @extend_schema(summary="What is sold", parameters=[*ASKED, ProductsIn], responses=ProductOut(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Products by revenue, the largest first."""
        given = _given(ProductsIn, request)
        keys = [f"analytics.{name}" for name in _PRODUCT.values()]
        found = read.breakdown(keys, self.asked(), by="product", order="analytics.product_revenue", **given)
        rows = [
            {"product": line.value, **{name: line.values[f"analytics.{key}"] for name, key in _PRODUCT.items()}}
            for line in found.lines
        ]
        return Response(ProductOut(rows, many=True).data)


def _given(shape: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """The parameters that are this shape's; raises ValidationError for a bad one."""
    params = request.query_params
    found = shape(data={name: params[name] for name in shape().fields if name in params})
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


patterns = [
    path("retention/", RetentionView.as_view(), name="site-retention"),
    path("paths/", PathsView.as_view(), name="site-paths"),
    path("products/", ProductsView.as_view(), name="site-products"),
]
