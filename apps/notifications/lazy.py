"""Sentences with names in them that are translated when somebody reads them, not when they are written."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy


def _filled(template: Any, values: dict[str, Any]) -> str:
    return str(template) % values


_lazily = lazy(_filled, str)


def said(template: Any, **values: Any) -> Any:
    """A lazy translation with its blanks filled in."""
    return _lazily(template, values)
