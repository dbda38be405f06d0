"""The pages of failures, in the person's language and with the id that support asks for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.core.asgi.bodies import REFUSED

log = structlog.get_logger(__name__)
_AWAY = (OperationalError, InterfaceError)
_RETRY_SECONDS = 30
_OF_BROWSERS = frozenset({"GET", "POST"})


class WrongMethodMiddleware:
    """An address that only takes forms has an empty answer for everybody else: after signing in, say, a browser opens
    by GET what was to be sent. It gets a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_whole_page = request.method in _OF_BROWSERS and request.headers.get("HX-Request") != "true"
        if response.status_code != 405 or response.content or not is_whole_page:
            return response
        page = not_allowed(request)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page


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


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405."""
    return _page(request, 405)


class TooLargeMiddleware:
    """Answers for requests whose body was not let in (`apps.core.asgi.bodies`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_refused = REFUSED in getattr(request, "scope", ())
        return _page(request, 413) if is_refused else self.get_response(request)


def too_many(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    """429; `seconds` from now the next try is welcome."""
    response = _page(request, 429, seconds=seconds)
    response.headers["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when it is the database that does not answer, which passes without anybody changing the program."""
    return unavailable(request) if isinstance(sys.exc_info()[1], _AWAY) else _page(request, 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503."""
    response = _page(request, 503)
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _page(request: HttpRequest, status: int, name: str = "", **facts: Any) -> HttpResponse:
    if request.path.startswith("/api/"):
        return HttpResponse(status=status)  # becomes a problem document on its way out
    template = f"errors/{name or status}.html"
    facts["here"] = request.get_full_path()
    try:
        return HttpResponse(render_to_string(template, facts, request=request), status=status)
    except Exception:
        log.exception("error_page.failed", status=status)
    try:  # without the person, whom it may not be possible to look up
        facts["request_id"] = getattr(request, "id", "")
        return HttpResponse(render_to_string(template, facts), status=status)
    except Exception:
        log.exception("error_page.failed_again", status=status)
        words = f"{status}. For support: {getattr(request, 'id', '')}"
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
