"""What an answer said, as a short mark: what is unchanged is not sent twice, what changed is not overwritten."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.problems import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def etag_of(data: Any) -> str:
    """The mark of a representation."""
    return f'"{hashlib.blake2b(JSONRenderer().render(data), digest_size=12).hexdigest()}"'


def stamp(request: Request, response: Response) -> Response:
    """Mark a good answer to a read, and empty it when the caller has it already (304)."""
    if request.method not in {"GET", "HEAD"} or response.status_code != 200 or response.data is None:
        return response
    mark = etag_of(response.data)
    response["ETag"] = mark
    response["Cache-Control"] = "private, no-cache"
    if matches(request.headers.get("If-None-Match", ""), mark):
        response.status_code = 304
        response.data = None
    return response


def require_match(request: Request, current: Any) -> None:
    """Refuse a write whose `If-Match` is not the mark of what is there now (412)."""
    wanted = request.headers.get("If-Match")
    if wanted and not matches(wanted, etag_of(current)):
        raise Problem(412, "changed")


def matches(header: str, mark: str) -> bool:
    """Whether a list of marks names this one; weak marks count, proxies weaken what they compress."""
    marks = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in marks or mark in marks
