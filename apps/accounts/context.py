"""What every page's frame needs: who, where, which places."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from apps.accounts import containment, settings_pages
from apps.accounts.access import can, organizations_of
from apps.accounts.models import Organization
from apps.accounts.selectors.people import sign_ins_of
from apps.core import navigation


def shell(request: HttpRequest) -> dict[str, Any]:
    """Facts for the frame. The lists are read only by the templates that show them."""
    membership = getattr(request, "membership", None)
    user = getattr(request, "user", None)

    def may(action: str) -> bool:
        return can(user, action, membership=membership)

    return {
        "account_shell": "shells/app.html" if membership else "shells/public.html",
        "account_tabs": SimpleLazyObject(lambda: _account_tabs(request)),
        "own_sign_ins": SimpleLazyObject(lambda: sign_ins_of(user) if membership else []),
        "request_id": getattr(request, "id", ""),
        "demo": settings.DEMO,
        "organization": getattr(request, "organization", None),
        "organizations": SimpleLazyObject(lambda: _within_reach(request) if membership else []),
        "navigation": SimpleLazyObject(lambda: navigation.items(request, may) if membership else []),
        "navigation_footer": SimpleLazyObject(lambda: navigation.footer_items(request, may) if membership else []),
        "settings_tabs": SimpleLazyObject(lambda: settings_pages.tabs(request, may) if membership else []),
    }


def _within_reach(request: HttpRequest) -> list[Organization]:
    """What the switcher offers: every organization of the person that this session may open."""
    return [one for one in organizations_of(request.user) if containment.may_enter(request.session, one)]


def _account_tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages of a person's own account."""
    signing_in = ("/accounts/2fa/", "/accounts/password/", "/accounts/3rdparty/")
    places = [
        (_entry(_("You"), icon="user"), "accounts:profile", ("/account/",)),
        (_entry(_("Signing in"), icon="lock"), "mfa_index", signing_in),
        (_entry(_("E-mail address"), icon="mail"), "account_email", ("/accounts/email/",)),
        (_entry(_("Devices"), icon="monitor-smartphone"), "accounts:devices", ("/accounts/sessions/",)),
    ]
    return [
        {**words, "href": reverse(name), "active": request.path.startswith(prefixes)}
        for words, name, prefixes in places
    ]


def _entry(label: str, *, icon: str) -> dict[str, str]:
    return {"label": label, "icon": icon}
