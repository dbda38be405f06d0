"""Secrets and people's data never reach the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "[masked]"
_SECRET_KEY = re.compile(
    r"pass(word|wd)|secret|token|authorization|cookie|api_?key|csrf|signature|credential|traits|^code$|^dsn$", re.I
)
_PERSONAL_KEY = re.compile(r"e-?mail|phone|^ip$|ip_address|remote_addr|user_agent", re.I)
_IN_TEXT = (
    (re.compile(r"\bmsk_[A-Za-z0-9_-]+"), "msk_" + MASK),
    (re.compile(r"\bbearer\s+\S+", re.I), f"Bearer {MASK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), MASK),
    (re.compile(r"(\w+://)[^/\s:@]*:[^/\s@]+@"), rf"\1{MASK}@"),
    (re.compile(r"([?&](?:token|key|code|secret|password|signature|state)=)[^&\s\"']+", re.I), rf"\1{MASK}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
)
_DEEPEST = 6


def masked_text(text: str) -> str:
    """The text without keys, tokens, passwords in addresses, and e-mail addresses."""
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def masked(value: Any, depth: int = 0) -> Any:
    """The same shape with what must not be written taken out."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {key: _value_of(str(key), item, depth) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and depth < _DEEPEST:
        return [masked(item, depth + 1) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return masked_text(str(value))


def mask_event(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor."""
    kept = {key: event[key] for key in event if key.startswith("_") or key == "exc_info"}
    return {**masked({key: item for key, item in event.items() if key not in kept}), **kept}


def _value_of(key: str, item: Any, depth: int) -> Any:
    is_hidden = _SECRET_KEY.search(key) or _PERSONAL_KEY.search(key)
    return MASK if is_hidden and item not in (None, "", 0, False) else masked(item, depth + 1)
