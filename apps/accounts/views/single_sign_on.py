"""An organization's own sign-in: allauth's steps, with an answer in words when the provider fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import structlog
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.adapters import PROVIDER_FAILED

log = structlog.get_logger(__name__)
Step = Callable[[HttpRequest, str], HttpResponse]


def _in_words(step: Step) -> Step:
    @wraps(step)
    def answer(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return step(request, provider_id)
        except PROVIDER_FAILED as error:
            log.warning("sso.failed", provider=provider_id, error=str(error))
            return render(request, "socialaccount/authentication_error.html", status=502)

    return answer


begin = _in_words(views.login)
come_back = _in_words(views.callback)
