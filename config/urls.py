"""Every address of the web process, by the app that answers it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from apps.core.api import docs
from apps.core.ops import monitoring
from config.api import short_urlpatterns

urlpatterns = [
    path("admin/monitoring/", admin.site.admin_view(monitoring.page), name="monitoring"),
    path("admin/", admin.site.urls),
    path("", include("apps.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api")),
    path("api/", include(short_urlpatterns)),
    path("api/docs/", docs.page, name="api-docs"),
    path("", include("apps.core.styleguide.urls")),
    path("", include("apps.core.docs.urls")),
    path("", include("apps.analytics.urls")),
    path("", include("apps.metrics.urls")),
    path("", include("apps.dashboards.urls")),
    path("", include("apps.demo.urls")),
    path("", include("apps.connections.urls")),
    path("", include("apps.notifications.urls")),
]

handler400 = "apps.core.error_pages.bad_request"
handler403 = "apps.core.error_pages.denied"
handler404 = "apps.core.error_pages.not_found"
handler429 = "apps.core.error_pages.too_many"  # asked for by allauth, where it limits
handler500 = "apps.core.error_pages.server_error"
