"""Fixtures of the notifications' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.notifications import delivery
from apps.notifications.routes import Route
from tests.notifications.post_office import PostOffice


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[PostOffice]]:
    """Every mail goes through the post office."""
    PostOffice.taken.clear()
    PostOffice.messages.clear()
    for name in ("at_start", "at_handover"):
        monkeypatch.setattr(PostOffice, name, None)
    monkeypatch.setattr(PostOffice, "idempotent", False)
    monkeypatch.setattr(
        delivery, "route_for", lambda organization_id: Route("office", PostOffice({"sender": "a@example.com"}, {}))
    )
    return PostOffice


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The deliveries a worker was asked for."""
    found: list[int] = []
    monkeypatch.setattr("apps.core.background.send", lambda name, args: found.append(args[0]))
    return found
