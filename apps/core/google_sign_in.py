"""Signing in with Google for access to what a Google account keeps: one place for addresses, client and questions.

A vendor inherits from `GoogleSignIn` and names its `scopes`; state, PKCE, exchange and refreshing come from
`apps.core.oauth`. One OAuth client of a Google Cloud project serves all, unless a vendor has one of its own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.oauth import OAuthProvider
from apps.core.providers import ProviderError


class GoogleSignIn(OAuthProvider):
    """A service of Google's. `offline` access and `consent` make Google give a refresh token every time."""

    family = "google"
    authorize_url = settings.GOOGLE_AUTHORIZE_URL
    token_url = settings.GOOGLE_TOKEN_URL
    revoke_url = settings.GOOGLE_REVOKE_URL
    also_asked = ("openid",)  # so that Google says which account it is, by a number
    extra_params = {"access_type": "offline", "prompt": "consent"}

    @classmethod
    def grant_of(cls, answer: Mapping[str, Any]) -> str:
        """The account's number. Its signature need not be checked: it comes straight from Google's token address."""
        try:
            body = str(answer["id_token"]).split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (KeyError, IndexError, ValueError):
            return ""
        return str(claims.get("sub") or "") if isinstance(claims, dict) else ""

    def access_token(self) -> str:
        """The token to ask with; raises ProviderError before the first sign-in, and when the person left a box of
        Google's page unticked, so that the token does not open what it is for."""
        token = str(self.secrets.get("access_token") or "")
        if not token:
            raise ProviderError(_("Sign in with Google first."), permanent=True)
        given = str(self.secrets.get("scope") or "").split()
        if given and not set(self.scopes) <= set(given):
            words = _("Google was not allowed to show %(vendor)s. Sign in again and tick every box on Google's page.")
            raise ProviderError(words % {"vendor": self.label}, permanent=True)
        return token
