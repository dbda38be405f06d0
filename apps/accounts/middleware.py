"""The web's entry: the person's language, an idle session's end, and the organization of `/o/<slug>/…`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts import containment
from apps.accounts.access import membership_in
from apps.accounts.audit import acting
from apps.accounts.models import FormerAddress, Membership, Organization
from apps.accounts.services.people import last_organization_set, session_seen
from apps.core.tenancy import every_tenant, tenant

_PAGE = re.compile(r"^/o/(?P<slug>[-\w]+)(?:/|$)")
_API = re.compile(r"^/api/v1/organizations/(?P<slug>[-\w]+)(?:/|$)")
_ACCOUNT = re.compile(r"^/account/$|^/accounts/(?:2fa|email|password/change|password/set|3rdparty|sessions|reauth)")
_SECURITY = re.compile(r"^/accounts/(?!log(?:in|out)/|signup/)")
_SEEN_EVERY = timedelta(minutes=5)

Next = Callable[[HttpRequest], HttpResponse]


class PersonMiddleware:
    """Speaks the person's language, ends a session that idled too long, and lets audit know who is asking."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(request):
            if not request.user.is_authenticated:
                return self.get_response(request)
            request.seen_before = containment.last_activity(request.session)  # type: ignore[attr-defined]
            if not containment.note_activity(request.session):
                return end_idle(request)
            if request.user.language:
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = translation.get_language()
            return self.get_response(request)


def end_idle(request: HttpRequest) -> HttpResponse:
    """Sign out and say why; scripts get a 401."""
    logout(request)
    if request.path.startswith("/api/"):
        return JsonResponse({"title": _("Signed out after a time without use."), "status": 401}, status=401)
    messages.info(request, _("You were signed out because nothing happened for a while."))
    return _to_sign_in(request)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" and not _is_htmx(request) else ""
    return _go(request, reverse("account_login") + (f"?{urlencode({'next': back})}" if back else ""))


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if _is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


class OrganizationMiddleware:
    """Sets `request.organization`, `request.membership` and the tenant scope; staff admin sees every tenant."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.organization = request.membership = None  # type: ignore[attr-defined]
        if request.path.startswith("/admin/") and request.user.is_authenticated and request.user.is_superuser:
            with every_tenant():
                return self.get_response(request)
        if found := _PAGE.match(request.path):
            return self._page(request, found["slug"])
        if request.user.is_authenticated and (refused := _outside(request)):
            return refused
        if _ACCOUNT.match(request.path) and request.user.is_authenticated:
            return self._account(request)
        return self.get_response(request)

    def _account(self, request: HttpRequest) -> HttpResponse:
        """Pages of a person's own account stand in the frame of the organization they come from."""
        organization = request.user.last_organization
        membership = membership_in(request.user, organization) if organization else None
        if organization is None or membership is None or _hindrance(request, organization, membership):
            return self.get_response(request)
        return self._inside(request, organization, membership)

    def _inside(self, request: HttpRequest, organization: Organization, membership: Membership) -> HttpResponse:
        membership.organization = organization
        request.organization = organization  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        with tenant(organization.id), timezone.override(organization.tz):
            return self.get_response(request)

    def _page(self, request: HttpRequest, slug: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        organization = Organization.objects.select_related("agency").filter(slug=slug, delete_after=None).first()
        if organization is None:
            return _moved(request, slug)
        membership = membership_in(request.user, organization)
        if membership is None:
            raise Http404
        if refused := _hindrance(request, organization, membership):
            return refused
        _seen(request, organization, membership)
        return self._inside(request, organization, membership)


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead from an old address to the new one; strangers learn nothing."""
    former = FormerAddress.objects.select_related("organization").filter(slug=slug).first()
    if former is None or membership_in(request.user, former.organization) is None:
        raise Http404
    path = request.get_full_path().replace(f"/o/{slug}", f"/o/{former.organization.slug}", 1)
    response = redirect(path, permanent=False)
    response.status_code = 302 if request.method in {"GET", "HEAD"} else 307
    return response


def _hindrance(request: HttpRequest, organization: Organization, membership: Membership) -> HttpResponse | None:
    if not containment.may_enter(request.session, organization):
        return _go(request, reverse("accounts:other-sign-in") + "?" + urlencode({"next": request.path}))
    if not containment.apply_idle_limit(request.session, organization, request.seen_before):  # type: ignore[attr-defined]
        return end_idle(request)
    if containment.needs_second_factor(request, organization, membership):
        return _go(request, reverse("accounts:second-factor-required", kwargs={"organization_id": organization.id}))
    return None


def _outside(request: HttpRequest) -> HttpResponse | None:
    """Hold sessions of an organization's own sign-in, and idle ones, on the other ways in."""
    if containment.is_contained(request.session) and _SECURITY.match(request.path):
        return _go(request, reverse("accounts:other-sign-in") + "?" + urlencode({"next": request.path}))
    found = _API.match(request.path)
    if not found:
        return None
    organization = Organization.objects.filter(slug=found["slug"], delete_after=None).first()
    membership = membership_in(request.user, organization) if organization else None
    if organization is None or membership is None:
        return None
    if not containment.may_enter(request.session, organization):
        raise Http404
    if not containment.apply_idle_limit(request.session, organization, request.seen_before):  # type: ignore[attr-defined]
        return end_idle(request)
    return None


def _seen(request: HttpRequest, organization: Organization, membership: Membership) -> None:
    """Remember where and when the person was last, at most every five minutes."""
    now = timezone.now()
    if membership.pk and (membership.last_seen_at is None or now - membership.last_seen_at > _SEEN_EVERY):
        with tenant(organization.id):
            Membership.objects.filter(pk=membership.pk).update(last_seen_at=now)
        if request.session.session_key:
            session_seen(session_key=request.session.session_key)
    last_organization_set(user=request.user, organization=organization)
