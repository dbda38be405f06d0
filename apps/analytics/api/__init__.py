"""Web analytics through the API: which addresses lead where."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from apps.accounts.tenant_api.short import short
from apps.analytics.api import health, monitoring
from apps.analytics.api.companies import CompanyRulesView, CompanyViewSet
from apps.analytics.api.crm import CompanySendView, CrmEntryViewSet
from apps.analytics.api.destinations import DestinationViewSet
from apps.analytics.api.events import EventViewSet
from apps.analytics.api.journey_figures import patterns as journey_figures
from apps.analytics.api.journeys import FunnelViewSet, GoalViewSet, SegmentViewSet
from apps.analytics.api.overview import OverviewView, SiteOverviewView
from apps.analytics.api.pipeline import PipelineView
from apps.analytics.api.searches import patterns as searches
from apps.analytics.api.sharing import SharedLinkViewSet
from apps.analytics.api.sites import SiteViewSet

router = SimpleRouter()
router.register("destinations", DestinationViewSet, basename="destination")
router.register("events", EventViewSet, basename="event")
router.register("sites", SiteViewSet, basename="site")
below_site = SimpleRouter()
below_site.register("goals", GoalViewSet, basename="goal")
below_site.register("shared-links", SharedLinkViewSet, basename="shared-link")
below_site.register("funnels", FunnelViewSet, basename="funnel")
below_site.register("segments", SegmentViewSet, basename="segment")
router.register("companies", CompanyViewSet, basename="company")
router.register("crm-entries", CrmEntryViewSet, basename="crm-entry")
tenant_urlpatterns = [
    path("companies/send/", CompanySendView.as_view(), name="company-send"),
    path("companies/rules/", CompanyRulesView.as_view(), name="company-rules"),
    path("overview/", OverviewView.as_view(), name="overview"),
    path("sites/<slug:script_id>/overview/", SiteOverviewView.as_view(), name="site-overview"),
    path("sites/<slug:script_id>/", include([*below_site.urls, *journey_figures, *searches])),
    *health.patterns, path("pipeline/", PipelineView.as_view(), name="pipeline"), path("", include(router.urls)),
]
short_urlpatterns = [
    path("analytics/overview", short(OverviewView)),
    path("analytics/sites", short(SiteViewSet, action="list")),
    path("analytics/sites/<slug:script_id>", short(SiteOverviewView)),
    path("analytics/events", short(EventViewSet, action="list")),
    path("analytics/companies", short(CompanyViewSet, action="list")),
    path("monitoring/pipeline", short(monitoring.PipelineMonitoringView)),
    path("monitoring/destinations", short(monitoring.DestinationFiguresView)),
    path("monitoring/errors", short(monitoring.ErrorsView)),
]
