"""Addresses of the guide."""

from __future__ import annotations

from django.urls import path

from apps.core.docs.views import GuidePage, MemberGuidePage

app_name = "help"
urlpatterns = [
    path("help/", GuidePage.as_view(), name="index"),
    path("help/<slug:page>/", GuidePage.as_view(), name="page"),
    path("o/<slug:slug>/help/", MemberGuidePage.as_view(), name="member-index"),
    path("o/<slug:slug>/help/<slug:page>/", MemberGuidePage.as_view(), name="member-page"),
]
