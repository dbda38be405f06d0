"""Addresses of sharing and warnings below a site's own, and of what is open to whoever has a link."""

from __future__ import annotations

from django.urls import path

from apps.analytics.views import shared, sharing, traffic_alerts

urlpatterns = [
    path("sharing/", sharing.SharingPage.as_view(), name="site-sharing"),
    path("sharing/<int:pk>/revoke/", sharing.SharingRevoke.as_view(), name="shared-link-revoke"),
    path("alerts/", traffic_alerts.AlertPage.as_view(), name="site-alerts"),
]
public = [
    path("shared/embed.js", shared.embed_script, name="shared-embed"),
    path("shared/<slug:token>/", shared.SharedPage.as_view(), name="shared"),
]
