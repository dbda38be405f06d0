"""How API callers prove who they are: an API key, a JSON web token, or the session of the web app."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from apps.accounts.models import ApiKey
from apps.accounts.tenant_api import usage

KEY_PREFIX = "msk_"
SCHEME = "bearer"


class KeyHolder:
    """Who a key of the organization itself stands for: nobody in person."""

    pk = id = None
    is_authenticated = is_active = True
    is_anonymous = is_staff = is_superuser = False

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Nothing is assigned to an organization's key; its reach is its role's."""
        return False


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer msk_…`; `request.auth` is the key."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """The key's member, or the organization's key holder; None when no key was sent."""
        scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
        raw = raw.strip()
        if scheme.lower() != SCHEME or not raw.startswith(KEY_PREFIX):
            return None
        key = ApiKey.authenticate(raw)
        if key is None:
            raise AuthenticationFailed(_("This API key is not known, has expired or was revoked."))
        usage.count(key)
        return key.user or KeyHolder(), key

    def authenticate_header(self, request: Request) -> str:
        """What a refused caller is told to bring."""
        return 'Bearer realm="api"'


class TokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; leaves API keys to their own class."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The person of the token, or None when there is none."""
        header = self.get_header(request)
        if header is None or header.partition(b" ")[2].strip().startswith(KEY_PREFIX.encode()):
            return None
        return super().authenticate(request)


class WebSession(SessionAuthentication):
    """The signed-in browser; writes need the CSRF token."""
