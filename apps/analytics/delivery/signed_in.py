"""Sending to vendors that are signed in to: with an access token that lasts, and once more when it is refused."""

from __future__ import annotations

from collections.abc import Sequence

from apps.analytics.providers.base import Destination, Payload, Report, destinations
from apps.core import oauth
from apps.core.models import Connection


def send(connection: Connection, vendor: Destination, payloads: Sequence[Payload], *, test: bool = False) -> Report:
    """As `Destination.send`; raises what it raises, and ProviderError when there is no new token.

    Must not run inside a transaction: a rollback would lose a refresh token that the vendor has exchanged.
    """
    if not isinstance(vendor, oauth.OAuthProvider):
        return vendor.send(payloads, test=test)
    oauth.ensure_fresh(connection)
    try:
        return destinations.open(connection).send(payloads, test=test)
    except oauth.TokenRefused:
        oauth.refresh(connection, force=True)
        return destinations.open(connection).send(payloads, test=test)
