"""The token bucket that keeps all processes to a vendor's pace."""

from __future__ import annotations

import time
import uuid

import pytest

from apps.core import bucket
from apps.core.bucket import Pace


def test_a_burst_is_free_and_the_rest_waits_its_turn() -> None:
    key, pace = uuid.uuid4().hex, Pace(per_second=0.1, burst=3)

    waits = [bucket.take(key, pace) for _ in range(4)]

    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 10


def test_over_time_the_pace_is_kept() -> None:
    key, pace = uuid.uuid4().hex, Pace(per_second=40, burst=1)
    began = time.monotonic()

    taken = sum(bucket.wait_for(key, pace, at_most_seconds=30) for _ in range(9))

    assert taken == 9
    assert time.monotonic() - began >= 0.19


def test_who_may_not_wait_that_long_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    key, pace = uuid.uuid4().hex, Pace(per_second=0.1, burst=1)
    assert bucket.wait_for(key, pace, at_most_seconds=0) is True
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    assert bucket.wait_for(key, pace, at_most_seconds=0.5) is False

    assert slept == []


def test_without_redis_one_process_still_keeps_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "ask", lambda question, otherwise: otherwise)
    began = time.monotonic()

    assert [bucket.take("x", Pace(per_second=20)) for _ in range(3)] == [0, 0, 0]

    assert time.monotonic() - began >= 0.15
