"""Every failure of the API is a problem document (RFC 9457) that says what went wrong and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelError
from django.core.signals import got_request_exception
from django.db import transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core.providers import ProviderError

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"

TITLES: dict[str, Any] = {
    "bad-request": _("The request cannot be read"),
    "invalid": _("Some values are not right"),
    "not-authenticated": _("Sign in first"),
    "second-factor-required": _("A second factor is needed"),
    "no-permission": _("You may not do this"),
    "not-found": _("There is nothing here"),
    "method-not-allowed": _("This method is not offered here"),
    "not-acceptable": _("This format is not offered here"),
    "conflict": _("The request collides with another"),
    "changed": _("The object was changed in the meantime"),
    "too-large": _("The request is too large"),
    "unsupported-media-type": _("This format is not read here"),
    "key-reused": _("The idempotency key was used for something else"),
    "too-many-requests": _("Too many requests"),
    "third-party": _("A connected service did not answer as it should"),
    "unavailable": _("The service cannot answer now"),
    "error": _("Something failed on our side"),
}
_BY_STATUS = {
    400: "bad-request", 401: "not-authenticated", 403: "no-permission", 404: "not-found", 405: "method-not-allowed",
    406: "not-acceptable", 409: "conflict", 412: "changed", 413: "too-large", 415: "unsupported-media-type",
    422: "key-reused", 429: "too-many-requests", 502: "third-party", 503: "unavailable",
}  # fmt: skip


class Problem(exceptions.APIException):
    """A failure with its own code; `code` is one of TITLES."""

    def __init__(self, status: int, code: str, detail: Any = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail or TITLES[code], code)
        self.status_code = status
        self.headers = dict(headers or {})


class Conflict(Problem):
    """What was asked for collides with what is there."""

    def __init__(self, detail: Any) -> None:
        super().__init__(409, "conflict", detail)


def document(
    status: int, request: Any, *, code: str = "", detail: Any = "", errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The body of a problem."""
    code = code or _BY_STATUS.get(status, "error" if status >= 500 else "bad-request")
    body = {
        "type": f"urn:mainstay:problem:{code}",
        "title": str(TITLES[code]),
        "status": status,
        "detail": str(detail or HTTPStatus(status).phrase),
        "instance": f"urn:mainstay:request:{getattr(request, 'id', '')}",
    }
    return body | ({"errors": errors} if errors else {})


def plain_response(status: int, request: HttpRequest, **parts: Any) -> JsonResponse:
    """A problem from outside DRF: middleware, unknown addresses."""
    return JsonResponse(document(status, request, **parts), status=status, content_type=MEDIA_TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: nothing leaves the API in another shape, and what is not foreseen is logged."""
    request = context["request"]._request
    if getattr(context.get("view"), "in_transaction", False):
        transaction.set_rollback(True)
    known = _translate(error)
    if known is None:
        log.exception("api.failed", path=request.path)
        got_request_exception.send(sender=type(context.get("view")), request=request)
        return Response(document(500, request), status=500, content_type=MEDIA_TYPE)
    status = known.status_code
    headers = dict(getattr(known, "headers", {}))
    if header := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(known, "wait", None)) is not None:
        headers.setdefault("Retry-After", str(int(wait)))
    if isinstance(known, exceptions.ValidationError):
        parts: dict[str, Any] = {"code": "invalid", "detail": TITLES["invalid"], "errors": list(_errors(known))}
    else:
        parts = {"code": _own_code(known), "detail": known.detail}
    return Response(document(status, request, **parts), status=status, headers=headers, content_type=MEDIA_TYPE)


def _own_code(error: exceptions.APIException) -> str:
    code = getattr(error.detail, "code", "")
    return code if code in TITLES else ""


_TRANSLATIONS: dict[type[Exception], Callable[[Any], exceptions.APIException]] = {
    exceptions.APIException: lambda error: error,
    Http404: lambda error: exceptions.NotFound(TITLES["not-found"]),
    PermissionDenied: lambda error: exceptions.PermissionDenied(str(error) or TITLES["no-permission"]),
    ModelError: lambda error: exceptions.ValidationError(_as_fields(error)),
    ProviderError: lambda error: Problem(502, "third-party", str(error), headers=_wait(error)),
    ProtectedError: lambda error: Conflict(_("Other things still depend on this.")),
    SuspiciousOperation: lambda error: Problem(400, "bad-request"),
}


def translate(kind: type[Exception], word: Callable[[Any], exceptions.APIException]) -> None:
    """Say what an app's own error is called in the API."""
    _TRANSLATIONS[kind] = word


def _translate(error: Exception) -> exceptions.APIException | None:
    """The API's word for what services, models and Django raise."""
    return next((word(error) for kind, word in _TRANSLATIONS.items() if isinstance(error, kind)), None)


def _wait(error: ProviderError) -> dict[str, str]:
    return {"Retry-After": str(int(error.retry_after))} if error.retry_after else {}


def _as_fields(error: ModelError) -> Any:
    if hasattr(error, "error_dict"):
        named = error.message_dict
        return {("non_field_errors" if key == NON_FIELD_ERRORS else key): value for key, value in named.items()}
    return {"non_field_errors": error.messages}


def _errors(error: exceptions.ValidationError) -> Iterator[dict[str, str]]:
    yield from _flat(error.get_full_details(), "")


def _flat(details: Any, path: str) -> Iterator[dict[str, str]]:
    if isinstance(details, list):
        for index, item in enumerate(details):
            is_leaf = isinstance(item, dict) and set(item) == {"message", "code"}
            yield from _flat(item, path if is_leaf else f"{path}.{index}".lstrip("."))
    elif set(details) == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
    else:
        for key, item in details.items():
            yield from _flat(item, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
