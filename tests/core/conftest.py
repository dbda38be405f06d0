"""Fixtures of the ground floor's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.core import events, outbox
from tests.core.sample import Poured


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Subscribe functions to `Poured` for this test only."""
    before = dict(events._receivers)

    def add(*receivers: Callable[[Any], None]) -> None:
        for receiver in receivers:
            events.subscribe(Poured)(receiver)

    yield add
    events._receivers.clear()
    events._receivers.update(before)


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing wakes nobody; the test relays when it wants to."""
    monkeypatch.setattr(outbox, "nudge", lambda: None)
