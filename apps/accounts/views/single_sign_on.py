"""An organization's own sign-in: allauth's steps, with an answer in words when the provider fails.

The way to the provider leads over a page that goes on by itself. A redirect would be the end of a form, and the
security policy holds every address a form leads to against its list; where a provider leads people on cannot be known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

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


def _over_a_page(step: Step) -> Step:
    @wraps(step)
    def answer(request: HttpRequest, provider_id: str) -> HttpResponse:
        response = step(request, provider_id)
        if request.method != "POST" or response.status_code != 302:
            return response
        address = response["Location"]
        host = urlsplit(address).hostname
        return render(request, "socialaccount/leaving.html", {"address": address, "host": host}) if host else response

    return answer


begin = _over_a_page(_in_words(views.login))
come_back = _in_words(views.callback)
