"""An invitation that was opened before signing in, remembered in the session until it is accepted."""

from __future__ import annotations

from django.http import HttpRequest

from apps.accounts.enums import InvitationState
from apps.accounts.models import Invitation

_KEY = "invitation"


def remember(request: HttpRequest, token: str) -> None:
    """Keep the link's token for after sign-in."""
    request.session[_KEY] = token


def invitation(request: HttpRequest) -> Invitation | None:
    """The open invitation this browser came with, if any."""
    token = request.session.get(_KEY)
    found = Invitation.by_token(token) if isinstance(token, str) else None
    return found if found and found.state == InvitationState.OPEN else None


def token(request: HttpRequest) -> str:
    """The token kept, or nothing."""
    return str(request.session.get(_KEY) or "")


def forget(request: HttpRequest) -> None:
    """It is accepted or declined."""
    request.session.pop(_KEY, None)
