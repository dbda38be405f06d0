"""Answers to requests that cannot be taken as a whole."""

from __future__ import annotations

import orjson

from apps.analytics.collector.reading import Refused

UNAVAILABLE_SECONDS = 5


class Wait(Exception):
    """Too much at once; `seconds` says when to try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def refusal(error: Exception) -> tuple[int, bytes, int]:
    """Status, body and after how many seconds to try again (0: not at all). Whatever is neither a refusal nor a wait
    means that nothing can be stored now."""
    if isinstance(error, Refused):
        return error.status, _body(error.code, error.reason), 0
    if isinstance(error, Wait):
        return 429, _body("slow_down", "too much at once; try again later"), error.seconds
    return 503, _body("unavailable", "nothing can be stored right now; try again"), UNAVAILABLE_SECONDS


def _body(code: str, reason: str) -> bytes:
    return orjson.dumps({"accepted": 0, "rejected": [], "code": code, "reason": reason})
