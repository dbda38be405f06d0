"""Web analytics through the API: which addresses lead where."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from apps.analytics.api import health
from apps.analytics.api.destinations import DestinationViewSet
from apps.analytics.api.pipeline import PipelineView
from apps.analytics.api.sites import SiteViewSet

router = SimpleRouter()
router.register("destinations", DestinationViewSet, basename="destination")
router.register("sites", SiteViewSet, basename="site")
tenant_urlpatterns = [
    *health.patterns, path("pipeline/", PipelineView.as_view(), name="pipeline"), path("", include(router.urls)),
]
