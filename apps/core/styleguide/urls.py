"""Address of the component page."""

from __future__ import annotations

from django.urls import path

from apps.core.styleguide import views

urlpatterns = [
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/<slug:part>/", views.styleguide, name="styleguide-part"),
]
