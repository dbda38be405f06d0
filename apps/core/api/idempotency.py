"""`Idempotency-Key`: a write that is sent again is answered again, not done again."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.problems import Problem
from apps.core.api.stored import StoredAnswer

KEEP = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)  # a writer that has not finished by then was killed
NOT_KEPT = frozenset({401, 403, 409, 412, 429})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Replay(Exception):
    """Raised before the write: its answer is known."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def begin(request: Request, caller: str) -> StoredAnswer | None:
    """Claim the key of this write; None when it has none.

    Raises Replay with the earlier answer, or Problem: 409 while the first is still being done, 422 when the key
    was used for another write.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key or request.method not in WRITES:
        return None
    if len(key) > 255:
        raise Problem(400, "bad-request", _("An idempotency key has at most 255 characters."))
    fingerprint = _fingerprint(request)
    StoredAnswer.objects.filter(caller=caller, key=key, started_at__lt=timezone.now() - KEEP).delete()
    try:
        with transaction.atomic():
            return StoredAnswer.objects.create(caller=caller, key=key, fingerprint=fingerprint)
    except IntegrityError:
        return _again(caller, key, fingerprint)


def finish(row: StoredAnswer, response: Response) -> None:
    """Keep the answer; one that may be different next time gives the key back instead."""
    if response.status_code >= 500 or response.status_code in NOT_KEPT:
        row.delete()
        return
    row.status = response.status_code
    row.answer = {
        "body": JSONRenderer().render(response.data).decode() if response.data is not None else "",
        "content_type": response.content_type,
        "headers": {"Location": response["Location"]} if "Location" in response else {},
    }
    row.save(update_fields=["status", "answer"])


def _again(caller: str, key: str, fingerprint: str) -> StoredAnswer:
    row = StoredAnswer.objects.filter(caller=caller, key=key).first()
    if row is None:
        raise Problem(409, "conflict", _("The same write is being done."), headers={"Retry-After": "1"})
    if row.fingerprint != fingerprint:
        raise Problem(422, "key-reused")
    if row.status is not None:
        raise Replay(_revived(row))
    taken = StoredAnswer.objects.filter(
        pk=row.pk, status=None, started_at=row.started_at, started_at__lt=timezone.now() - ABANDONED
    ).update(started_at=timezone.now())
    if not taken:
        raise Problem(409, "conflict", _("The same write is being done."), headers={"Retry-After": "1"})
    return row


def _revived(row: StoredAnswer) -> Response:
    answer: dict[str, Any] = row.answer
    body = json.loads(answer["body"]) if answer["body"] else None
    response = Response(body, status=row.status, content_type=answer["content_type"])
    for name, value in {**answer["headers"], "Idempotency-Replayed": "true"}.items():
        response[name] = value
    return response


def _fingerprint(request: Request) -> str:
    told = f"{request.method} {request.get_full_path()} {request.content_type}\n".encode()
    return hashlib.sha256(told + request._request.body).hexdigest()


def forget_old() -> int:
    """Remove what is older than a day; returns how many."""
    return StoredAnswer.objects.filter(started_at__lt=timezone.now() - KEEP).delete()[0]
