"""`/healthz`, `/readyz` and `/metrics`: in front of everything else, so that they answer when the rest cannot."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.core.client_ip import client_ip
from apps.core.ops import health, measures


class OperationsMiddleware:
    """Load balancers ask by address, so these three come before the check of the host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.doors = {"/healthz": self._alive, "/readyz": self._ready, "/metrics": self._metrics}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = self.doors.get(request.path)
        if door is None:
            return self.get_response(request)
        response = door(request) if request.method in {"GET", "HEAD"} else HttpResponse(status=405)
        response["Cache-Control"] = "no-store"
        return response

    @staticmethod
    def _alive(_request: HttpRequest) -> HttpResponse:
        return JsonResponse({"status": "ok"})

    @staticmethod
    def _ready(request: HttpRequest) -> HttpResponse:
        code, body = health.report(health.look(), in_full=is_operator(request))
        return JsonResponse(body, status=code)

    @staticmethod
    def _metrics(request: HttpRequest) -> HttpResponse:
        if not is_operator(request):
            return HttpResponse(status=404)
        return HttpResponse(measures.exposition(), content_type=measures.CONTENT_TYPE)


def is_operator(request: HttpRequest) -> bool:
    """Whoever has METRICS_TOKEN, or asks from this machine and not through a proxy."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    is_forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    return not is_forwarded and ip_address(client_ip(request)).is_loopback
