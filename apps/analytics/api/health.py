"""Addresses of tracking's own health in the API."""

from __future__ import annotations

from django.urls import path

from apps.analytics.api import monitoring

patterns = [
    path("monitoring/pipeline/", monitoring.PipelineMonitoringView.as_view(), name="monitoring-pipeline"),
    path("monitoring/errors/", monitoring.ErrorsView.as_view(), name="monitoring-errors"),
    path("monitoring/errors/replay/", monitoring.ErrorsReplayView.as_view(), name="monitoring-errors-replay"),
    path("monitoring/destinations/", monitoring.DestinationFiguresView.as_view(), name="monitoring-destinations"),
    path("sites/<slug:script_id>/quality/", monitoring.SiteQualityView.as_view(), name="site-quality"),
]
