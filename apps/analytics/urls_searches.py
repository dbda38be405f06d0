"""Addresses of a site's searches, below the site's own."""

from __future__ import annotations

from django.urls import path

from apps.analytics.views import search_one, search_setup, searches

urlpatterns = [
    path("searches/", searches.SearchPage.as_view(), name="site-searches"),
    path("searches.csv", searches.SearchCsv.as_view(), name="site-searches-csv"),
    path("searches/one/", search_one.SearchOne.as_view(), name="site-searches-one"),
    path("searches/one.csv", search_one.SearchOneCsv.as_view(), name="site-searches-one-csv"),
    path("searches/connect/", search_setup.SearchConnect.as_view(), name="site-searches-connect"),
    path("searches/property/", search_setup.SearchPropertyPage.as_view(), name="site-searches-property"),
    path("searches/do/", search_setup.SearchAction.as_view(), name="site-searches-do"),
]
