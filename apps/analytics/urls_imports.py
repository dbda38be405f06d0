"""Addresses of imports of history, below a site's own."""

from __future__ import annotations

from django.urls import path

from apps.analytics.views import import_fetch, import_upload, imports

urlpatterns = [
    path("history/", imports.ImportList.as_view(), name="site-history"),
    path("history/upload/", import_upload.UploadBegin.as_view(), name="import-upload"),
    path("history/google/", import_fetch.ImportFetch.as_view(), name="import-fetch"),
    path("history/google/account/", import_fetch.ImportAccount.as_view(), name="import-account"),
    path("history/<int:pk>/", imports.ImportPage.as_view(), name="import"),
    path("history/<int:pk>/piece/", import_upload.UploadPiece.as_view(), name="import-piece"),
    path("history/<int:pk>/do/", imports.ImportAction.as_view(), name="import-action"),
]
