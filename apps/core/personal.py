"""Messages to one person's open pages, whatever they show: the number on the bell, a finished export.

The socket of every page belongs to the group; who sends need not know who listens.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connections

log = structlog.get_logger(__name__)

EVENT = "personal.message"


def group_of(user_id: int) -> str:
    """The channel group of all of a person's sockets; installations that share one Redis keep apart."""
    return f"user.{_installation()}.{user_id}"


def tell(user_id: int, message: Mapping[str, Any]) -> None:
    """Send to every open page of the person; `type` names the DOM event `live:<type>`. Without Redis nobody hears."""
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(user_id), {"type": EVENT, "message": dict(message)})
    except Exception as error:
        log.warning("personal.not_told", user=user_id, reason=type(error).__name__)


@functools.cache
def _named(host: str, port: str, name: str) -> str:
    return hashlib.blake2b(f"{host}:{port}/{name}".encode(), digest_size=5).hexdigest()


def _installation() -> str:
    facts = connections["default"].settings_dict
    return _named(str(facts["HOST"]), str(facts["PORT"]), str(facts["NAME"]))
