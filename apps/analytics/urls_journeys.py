"""Addresses of what follows a site's visitors, below the site's own."""

from __future__ import annotations

from django.urls import path

from apps.analytics.views import funnels, goals, journeys, segments, shop

urlpatterns = [
    path("goals/", goals.GoalList.as_view(), name="site-goals"),
    path("goals/new/", goals.GoalNew.as_view(), name="goal-new"),
    path("goals/preview/", goals.GoalPreview.as_view(), name="goal-preview"),
    path("goals/<int:pk>/", goals.GoalEdit.as_view(), name="goal-edit"),
    path("goals/<int:pk>/delete/", goals.GoalDelete.as_view(), name="goal-delete"),
    path("goals/<int:pk>/again/", goals.GoalAgain.as_view(), name="goal-again"),
    path("funnels/", funnels.FunnelPage.as_view(), name="site-funnels"),
    path("funnels/new/", funnels.FunnelNew.as_view(), name="funnel-new"),
    path("funnels/<int:pk>/", funnels.FunnelPage.as_view(), name="funnel"),
    path("funnels/<int:pk>/edit/", funnels.FunnelEdit.as_view(), name="funnel-edit"),
    path("funnels/<int:pk>/delete/", funnels.FunnelDelete.as_view(), name="funnel-delete"),
    path("paths/", journeys.PathsPage.as_view(), name="site-paths"),
    path("retention/", journeys.RetentionPage.as_view(), name="site-retention"),
    path("shop/", shop.ShopPage.as_view(), name="site-shop"),
    path("segments/new/", segments.SegmentNew.as_view(), name="segment-new"),
    path("segments/<int:pk>/", segments.SegmentEdit.as_view(), name="segment"),
]
