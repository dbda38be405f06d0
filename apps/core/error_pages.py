"""The pages of failures, in the person's language and with the id that support asks for."""

from __future__ import annotations

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = structlog.get_logger(__name__)


def _page(request: HttpRequest, status: int, name: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return HttpResponse(status=status)  # becomes a problem document on its way out
    try:
        return HttpResponse(render_to_string(f"errors/{name or status}.html", request=request), status=status)
    except Exception:
        log.exception("error_page.failed", status=status)
        words = f"{status}. For support: {getattr(request, 'id', '')}"
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400."""
    return _page(request, 400)


def denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403."""
    return _page(request, 403)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose CSRF token does not fit: mostly one that was open since before the last sign-in."""
    return _page(request, 403, "expired")


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404."""
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)
