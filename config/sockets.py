"""WebSocket routes."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.analytics.consumers import StreamConsumer
from apps.metrics.consumers import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/o/<slug:slug>/", LiveConsumer.as_asgi()),
    path("ws/o/<slug:slug>/live/", LiveConsumer.as_asgi()),
    path("ws/o/<slug:slug>/stream/", StreamConsumer.as_asgi()),
]
