"""Forms that strangers may send are counted by address, whatever page they stand on."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core.client_ip import client_ip
from apps.core.error_pages import too_many
from apps.core.limits import Rate, spend

log = structlog.get_logger(__name__)
_ELSEWHERE = ("/api/",)  # counts for itself


class PublicPostMiddleware:
    """Sign-in, sign-up, password reset, invitations: at most settings.PUBLIC_POST_RATE from one address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path.startswith(_ELSEWHERE) or request.user.is_authenticated:
            return self.get_response(request)
        address = client_ip(request)
        allowance = spend([(f"public-post:{address}", Rate.parse(settings.PUBLIC_POST_RATE))])
        if allowance is None or allowance.allowed:
            return self.get_response(request)
        log.warning("public_post.limited", path=request.path)
        return too_many(request, allowance.reset_seconds)
