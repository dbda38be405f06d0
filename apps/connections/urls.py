"""Addresses of connections."""

from __future__ import annotations

from django.urls import path

from apps.connections import oauth_views, views

app_name = "connections"
_BASE = "o/<slug:slug>/settings/connections"
urlpatterns = [
    path(f"{_BASE}/", views.ListView.as_view(), name="list"),
    path(f"{_BASE}/new/<slug:kind>/<slug:provider>/", views.NewView.as_view(), name="new"),
    path(f"{_BASE}/<int:pk>/", views.DetailView.as_view(), name="detail"),
    path(f"{_BASE}/<int:pk>/test/", views.TestView.as_view(), name="test"),
    path(f"{_BASE}/<int:pk>/pause/", views.PauseView.as_view(), name="pause"),
    path(f"{_BASE}/<int:pk>/resume/", views.ResumeView.as_view(), name="resume"),
    path(f"{_BASE}/<int:pk>/resync/", views.ResyncView.as_view(), name="resync"),
    path(f"{_BASE}/<int:pk>/disconnect/", views.DisconnectView.as_view(), name="disconnect"),
    path(f"{_BASE}/<int:pk>/sign-in/", oauth_views.AgainView.as_view(), name="sign_in"),
    path("connect/oauth/callback/", oauth_views.CallbackView.as_view(), name="oauth_callback"),
]
