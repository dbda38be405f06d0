"""Addresses of the numbers' own doors."""

from __future__ import annotations

from django.urls import path

from apps.metrics.views import MetricCsv, MetricJson

app_name = "metrics"
urlpatterns = [
    path("o/<slug:slug>/metrics/<str:key>.csv", MetricCsv.as_view(), name="csv"),
    path("o/<slug:slug>/metrics/<str:key>.json", MetricJson.as_view(), name="json"),
]
