"""Addresses of the dashboards."""

from __future__ import annotations

from django.urls import path

from apps.dashboards.palette import Palette
from apps.dashboards.views import HomePage

app_name = "dashboards"
urlpatterns = [
    path("o/<slug:slug>/", HomePage.as_view(), name="home"),
    path("o/<slug:slug>/palette/", Palette.as_view(), name="palette"),
]
