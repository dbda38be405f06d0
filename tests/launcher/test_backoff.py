"""Waits before a restart."""

from __future__ import annotations

from launcher.backoff import CALM_SECONDS, CEILING_SECONDS, Backoff


def test_doubles_to_a_ceiling() -> None:
    backoff = Backoff()
    waits = [backoff.after(0.1) for _ in range(10)]
    assert waits[:5] == [0.2, 0.4, 0.8, 1.6, 3.2]
    assert waits[-1] == CEILING_SECONDS
    assert backoff.deaths == 10


def test_a_calm_life_starts_it_over() -> None:
    backoff = Backoff()
    for _ in range(6):
        backoff.after(0.1)
    assert backoff.after(CALM_SECONDS) == 0.2
    assert backoff.deaths == 1
