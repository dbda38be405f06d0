"""Failures under /api/ that DRF never sees (unknown addresses, hosts, crashes) get the same shape as its own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.api.problems import MEDIA_TYPE, plain_response


class ProblemMiddleware:
    """Stands outside everything that can fail, inside the request id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_problem = response.get("Content-Type", "").startswith(MEDIA_TYPE)
        if response.status_code < 400 or is_problem or not request.path.startswith("/api/"):
            return response
        answer = plain_response(response.status_code, request)
        for name in ("Allow", "Retry-After", "Content-Language", "Vary"):
            if name in response:
                answer[name] = response[name]
        answer.cookies = response.cookies
        return answer
