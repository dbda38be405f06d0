"""The addresses of the API. An app adds doors by having `apps/<x>/api.py` (or `api/`) with `urlpatterns` (mounted at
`/api/v1/`), `tenant_urlpatterns` (mounted at `/api/v1/organizations/<slug>/`) and `short_urlpatterns` (at `/api/`)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

import apps.accounts.tenant_api.schema  # noqa: F401 -- declares how callers prove who they are
from apps.accounts.tenant_api import sign_in
from apps.core.api.start import StartView

app_name = "api"


def _doors(name: str) -> Iterator[URLPattern | URLResolver]:
    for app in settings.MAINSTAY_APPS:
        if find_spec(f"{app}.api"):
            yield from getattr(import_module(f"{app}.api"), name, [])


urlpatterns = [
    path("", StartView.as_view(), name="start"),
    path("openapi/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="schema"),
    *sign_in.urlpatterns,
    *_doors("urlpatterns"),
    path("organizations/<slug:slug>/", include(list(_doors("tenant_urlpatterns")))),
]
short_urlpatterns = list(_doors("short_urlpatterns"))
