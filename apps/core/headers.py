"""Headers that keep pages to themselves, and the content security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from csp.constants import UNSAFE_EVAL
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

_STYLE_BLOCK = re.compile(rb"<style[^>]*>(.*?)</style>", re.S)
ADMIN = "/admin/"


class PolicyMiddleware(CSPMiddleware):
    """The policy of settings everywhere; in the staff area also what its theme needs.

    The theme's menus are written in Alpine, which evaluates expressions, and its colours stand in one style block,
    which is let in by its hash. Nowhere are inline scripts or `unsafe-inline` allowed.
    """

    def get_policy_parts(self, request: HttpRequest, response: Any, report_only: bool = False) -> PolicyParts:
        """The parts of one answer's policy."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(ADMIN) and not report_only:
            update = dict(parts.update or {})
            update["script-src"] = [*update.get("script-src", []), UNSAFE_EVAL]
            update["style-src"] = [*update.get("style-src", []), *_style_hashes(response)]
            parts.update = update
        return parts


def _style_hashes(response: Any) -> list[str]:
    if getattr(response, "streaming", False):
        return []
    digests = (hashlib.sha256(block).digest() for block in _STYLE_BLOCK.findall(response.content))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


class FragmentMiddleware:
    """A page and a part of it have one address: going back, a browser must not show the part for the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") == "true":
            response.headers["Cache-Control"] = "no-store"
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        return response


class IsolationMiddleware:
    """Other sites may neither embed our answers nor lend pages our visitors' devices."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response
