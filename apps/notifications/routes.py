"""Which way a mail takes: the organization's own account, else the installation's, else the mailbox of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings

from apps.core.models import Connection
from apps.core.tenancy import tenant
from apps.notifications.providers import transports
from apps.notifications.providers.base import Transport
from apps.notifications.providers.fake import FakeMailbox
from apps.notifications.providers.resend import Resend
from apps.notifications.providers.smtp import PlatformSmtp

_SCHEMES = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}


class BadMailAddress(Exception):
    """EMAIL_URL cannot be read."""


@dataclass(frozen=True)
class Route:
    """A way out. `name` tells two accounts apart: a mail whose fate is unknown may only go the same way again."""

    name: str
    transport: Transport
    connection: Connection | None = None


def route_for(organization_id: int | None) -> Route | None:
    """The way for a mail of this organization (None: of nobody's); None when there is no way at all."""
    if organization_id is not None:
        with tenant(organization_id):
            own = (
                Connection.objects.filter(kind=transports.kind)
                .exclude(status__in=[Connection.Status.PAUSED, Connection.Status.ERROR])
                .order_by("id")
                .first()
            )
        if own is not None:
            return Route(f"connection:{own.id}", transports.open(own), own)
    return platform_route()


def platform_route() -> Route | None:
    """The installation's way; raises BadMailAddress when EMAIL_URL cannot be read."""
    sender = {"sender": settings.DEFAULT_FROM_EMAIL}
    if settings.RESEND_API_KEY:
        return Route("resend", Resend(sender, {"api_key": settings.RESEND_API_KEY}))
    if settings.EMAIL_URL:
        return Route("smtp", _platform_smtp(settings.EMAIL_URL))
    if keeps_mail():
        return Route("fake", FakeMailbox(sender, {}))
    return None


def keeps_mail() -> bool:
    """Whether mails without another way are kept for reading: the demo and development only."""
    return bool(settings.DEMO or settings.DEBUG)


def _platform_smtp(url: str) -> PlatformSmtp:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise BadMailAddress("EMAIL_URL takes smtp://user:password@host:587, smtps://…:465 or smtp+plain://…:25")
    security, port = _SCHEMES[parts.scheme]
    config = {
        "host": parts.hostname, "port": parts.port or port, "security": security,
        "username": unquote(parts.username or ""), "sender": settings.DEFAULT_FROM_EMAIL,
    }
    return PlatformSmtp(config, {"password": unquote(parts.password or "")})
