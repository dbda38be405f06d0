"""What an installation should be told about its mail before its users find out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as Hint

from apps.notifications.routes import BadMailAddress, platform_route


@register(deploy=True)
def mail_leaves(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mail must have a way out in production."""
    try:
        route = platform_route()
    except BadMailAddress as error:
        return [Hint(str(error), id="notifications.W002")]
    if route is None or route.name == "fake":
        return [Hint("No mail can be sent: set RESEND_API_KEY or EMAIL_URL.", id="notifications.W001")]
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        return [Hint("DEFAULT_FROM_EMAIL still ends in @localhost.", id="notifications.W003")]
    return []
