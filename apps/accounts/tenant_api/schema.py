"""How callers prove who they are, in the words of OpenAPI."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

_HERE = "apps.accounts.tenant_api.authentication"


class KeyScheme(OpenApiAuthenticationExtension):
    """API keys."""

    target_class = f"{_HERE}.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """`Authorization: Bearer msk_…`."""
        return {"type": "http", "scheme": "bearer", "description": "An API key of the organization: `msk_…`."}


class TokenScheme(OpenApiAuthenticationExtension):
    """JSON web tokens."""

    target_class = f"{_HERE}.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """`Authorization: Bearer <access>`."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of `/api/v1/auth/login/`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """The browser that is signed in to the web app."""

    target_class = f"{_HERE}.WebSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The session cookie; writes also send `X-CSRFToken`."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
