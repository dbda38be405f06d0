"""One line and one measurement for every request."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from apps.core.ops import measures, request_minutes
from apps.core.ops.queries import Tally, counted

log = structlog.get_logger("mainstay.request")
_SECRET = re.compile(r"^(/(?:shared|invitations)/)[^/.]{20,}")
_QUIET = ("/static/", "/media/")


class RequestLogMiddleware:
    """Says who asked for what, and what it cost. Query strings are left out: they may carry tokens;
    so are tokens that stand in an address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        with counted() as tally:
            response = self.get_response(request)
        if not request.path.startswith(_QUIET):
            _write(request, response, tally, time.perf_counter() - started)
        return response


def _write(request: HttpRequest, response: HttpResponse, tally: Tally, seconds: float) -> None:
    route = _route(request)
    measures.requests.labels(request.method, route, response.status_code).inc()
    measures.latency.labels(request.method, route).observe(seconds)
    measures.queries.labels(route).inc(tally.queries)
    request_minutes.minutes.note(request.path, response.status_code, seconds)
    tell = log.error if response.status_code >= 500 else log.info
    tell(
        "request",
        method=request.method,
        path=_SECRET.sub(r"\1…", request.path),
        route=route,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        queries=tally.queries,
        query_ms=round(tally.milliseconds, 1),
        organization=getattr(getattr(request, "organization", None), "pk", None),
        user=_user_id(request),
    )


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return f"/{match.route}" if match else "(none)"


def _user_id(request: HttpRequest) -> Any:
    """Who it was, if that was asked at all: the line must not cost a query."""
    known = getattr(request, "_cached_user", None)
    if known is None:
        given = request.__dict__.get("user")
        known = None if given is None or hasattr(given, "_wrapped") else given
    return getattr(known, "pk", None)
