"""What stands before a shared page: how often it may be asked for, its password, and who may frame it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.crypto import constant_time_compare, salted_hmac
from django_vite.templatetags.django_vite import vite_asset_url

from apps.analytics.models import SharedLink
from apps.core.client_ip import client_ip
from apps.core.error_pages import too_many
from apps.core.limits import Rate, spend

LOOKS = Rate.parse("240/m")  # an address at one link; a page with its panels is a handful
TRIES = Rate.parse("10/10m")  # passwords from one address
TRIES_OF_ALL = Rate.parse("300/h")  # passwords from everywhere together
OPEN_SECONDS = 12 * 3600
_SALT = "analytics.shared_link.open"
_LONGEST = 128


def too_often(request: HttpRequest, link: SharedLink) -> HttpResponse | None:
    """The answer for somebody who asks too much, else None."""
    allowance = spend([(f"shared-look:{link.pk}:{client_ip(request)}", LOOKS)])
    if allowance is None or allowance.allowed:
        return None
    return too_many(request, allowance.reset_seconds)


def tries_left(request: HttpRequest, link: SharedLink) -> int:
    """Seconds to wait before another password may be tried; 0 for now."""
    allowance = spend([
        (f"shared-password:{link.pk}:{client_ip(request)}", TRIES), (f"shared-password:{link.pk}", TRIES_OF_ALL),
    ])
    return 0 if allowance is None or allowance.allowed else allowance.reset_seconds


def is_right(link: SharedLink, typed: str) -> bool:
    """Whether it is the password; the hasher compares in constant time."""
    return not link.password or (len(typed) <= _LONGEST and check_password(typed, link.password))


def is_unlocked(request: HttpRequest, link: SharedLink) -> bool:
    """Whether this browser has typed the password within the last hours."""
    if not link.password:
        return True
    shown = request.get_signed_cookie(_cookie(link), default="", salt=_SALT, max_age=OPEN_SECONDS)
    return constant_time_compare(shown, _mark(link))


def unlocked(response: HttpResponse, link: SharedLink, path: str) -> HttpResponse:
    """Let the browser remember it, for this page alone."""
    response.set_signed_cookie(
        _cookie(link), _mark(link), salt=_SALT, max_age=OPEN_SECONDS, path=path, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def guarded(response: HttpResponseBase, link: SharedLink) -> HttpResponseBase:
    """Out of search engines, out of stores on the way, and in frames of the link's hosts only.

    X-Frame-Options cannot name hosts: where there are any it is left out, and the policy says it alone.
    """
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    if link.embed_hosts and not link.password:
        response._csp_replace = {"frame-ancestors": list(link.embed_hosts)}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    return response


def script() -> HttpResponse:
    """On to the file as it was built; other sites may load it."""
    response = HttpResponseRedirect(vite_asset_url("static/src/embed.ts"))
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _cookie(link: SharedLink) -> str:
    return f"shared_{link.pk}"


def _mark(link: SharedLink) -> str:
    """Changes with the password."""
    return salted_hmac(_SALT, link.password, algorithm="sha256").hexdigest()
