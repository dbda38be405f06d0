"""Where Mainstay may connect to when a user names the place."""

from __future__ import annotations

from config import env

OUTBOUND_PORTS = frozenset(int(port) for port in env.words("OUTBOUND_PORTS", "80,443,8080,8443"))
OUTBOUND_LOOPBACK_PORTS = frozenset(
    int(port)
    for port in env.words("OUTBOUND_LOOPBACK_PORTS")
    if env.flag("DEMO", default=False) or env.flag("DEBUG", default=False)
)
"""Ports of this machine itself that the demo and development may reach; empty in production whatever is set."""
GOOGLE_AUTHORIZE_URL = env.text("GOOGLE_AUTHORIZE_URL", "https://accounts.google.com/o/oauth2/v2/auth")
GOOGLE_TOKEN_URL = env.text("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")
GOOGLE_REVOKE_URL = env.text("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke")
_CLIENTS = {
    "google": {"id": env.text("GOOGLE_API_CLIENT_ID", ""), "secret": env.text("GOOGLE_API_CLIENT_SECRET", "")},
    "google_ads": {"id": env.text("GOOGLE_ADS_CLIENT_ID", ""), "secret": env.text("GOOGLE_ADS_CLIENT_SECRET", "")},
    "salesforce": {"id": env.text("SALESFORCE_CLIENT_ID", ""), "secret": env.text("SALESFORCE_CLIENT_SECRET", "")},
}
OAUTH_CLIENTS: dict[str, dict[str, str]] = {key: client for key, client in _CLIENTS.items() if all(client.values())}
"""Client id and secret by provider key, or by the family of providers that share one, for connections that are made by
signing in at the vendor."""
