"""What every page must be able to say about the state of things."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.core.cache import breaker


def state(_request: HttpRequest) -> dict[str, Any]:
    """`live_paused`: Redis is gone, so the figures stand still until it is back."""
    return {"live_paused": breaker.is_down}
