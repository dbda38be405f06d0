"""The number on the bell, on every open page of a person."""

from __future__ import annotations

import functools

from django.db import transaction

from apps.core import personal
from apps.notifications.selectors import unread_count


def push_unread(user_id: int) -> None:
    """Tell the person's pages when the running transaction has committed; without Redis the next load tells them."""
    transaction.on_commit(functools.partial(_push, user_id), robust=True)


def _push(user_id: int) -> None:
    personal.tell(user_id, {"type": "notifications", "unread": unread_count(user_id)})
