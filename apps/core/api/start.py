"""`/api/v1/`: what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import ApiView

_GROUP = re.compile(r"<(?:\w+:)?(\w+)>")


def doors(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[tuple[str, list[str]]]:
    """Every address under /api/ with the methods it serves, in the words of the schema (`{id}`)."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = prefix + _plain(entry)
        if isinstance(entry, URLResolver):
            if here.startswith("/api/") or "/api/".startswith(here):
                yield from doors(entry, here)
        elif here.startswith("/api/"):
            yield here, _methods(entry)


def _plain(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    text = re.sub(r"\(\?P<(\w+)>[^()]*\)", r"{\1}", text)
    return _GROUP.sub(r"{\1}", text).lstrip("^").replace("\\Z", "").rstrip("$")


def _methods(entry: URLPattern) -> list[str]:
    actions = getattr(entry.callback, "actions", None)
    if actions:
        return sorted(name.upper() for name in actions if name != "head")
    view = getattr(entry.callback, "cls", None) or getattr(entry.callback, "view_class", None)
    return sorted(name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name))


class StartView(ApiView):
    """The doors of the API."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="List the doors",
        responses={
            200: {
                "type": "object",
                "properties": {
                    "documentation": {"type": "string", "format": "uri"},
                    "schema": {"type": "string", "format": "uri"},
                    "doors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "path": {"type": "string"},
                                "methods": {"type": "array", "items": {"type": "string"}},
                            },
                        },
                    },
                },
            }
        },
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Where everything is."""
        return Response(
            {
                "documentation": request.build_absolute_uri("/api/docs/"),
                "schema": request.build_absolute_uri("/api/v1/openapi/"),
                "doors": [{"path": path, "methods": methods} for path, methods in doors()],
            }
        )
