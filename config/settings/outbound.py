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
_GOOGLE_ADS = {"id": env.text("GOOGLE_ADS_CLIENT_ID", ""), "secret": env.text("GOOGLE_ADS_CLIENT_SECRET", "")}
OAUTH_CLIENTS: dict[str, dict[str, str]] = {"google_ads": _GOOGLE_ADS} if all(_GOOGLE_ADS.values()) else {}
"""Client id and secret by provider key, for connections that are made by signing in at the vendor."""
