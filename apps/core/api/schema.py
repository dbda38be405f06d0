"""The schema says what every door may answer besides its own: problems, marks, limits, keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:mainstay:problem:invalid"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The request's id, for support."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_WORDS = {
    "400": "Some values are not right, or the request cannot be read.",
    "401": "Not signed in, or the token or key is not good.",
    "403": "Not allowed.",
    "404": "Not there, or not to be seen by this caller.",
    "409": "The same write is being done, or it collides with what is there.",
    "412": "The object was changed since `If-Match` was read.",
    "422": "The idempotency key was used for another write.",
    "429": "Too many requests; `Retry-After` says when to come back.",
}
_HEADERS = {
    "Idempotency-Key": "Sent again within 24 hours with the same request, the write is answered again, not done again.",
    "If-Match": "Only write when the object still has this ETag.",
    "If-None-Match": "Answer 304 when the ETag is still this.",
}


class ProblemSchema(AutoSchema):
    """DRF views described with what the frame adds to each of them."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Add the problems this kind of door can answer."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if self.method == "GET":
            operation["responses"].setdefault("304", {"description": "Unchanged since `If-None-Match`."})
        for status in self._statuses():
            operation["responses"].setdefault(
                status,
                {"description": _WORDS[status], "content": {"application/problem+json": {"schema": _PROBLEM_REF}}},
            )
        return operation

    def get_override_parameters(self) -> list[Any]:
        """The headers the frame reads."""
        from drf_spectacular.utils import OpenApiParameter  # noqa: PLC0415 -- imports views' settings when loaded

        names = ["If-None-Match"] if self.method == "GET" else ["Idempotency-Key"]
        if self._changes_an_object:
            names.append("If-Match")
        return [
            OpenApiParameter(name, str, OpenApiParameter.HEADER, description=_HEADERS[name]) for name in names
        ]

    def get_operation_id(self) -> str:
        """Named by the address; the organization's own door has no words left once the prefix is gone."""
        if self.path == "/api/v1/":
            return "start"
        found = super().get_operation_id()
        return found.replace("root_", "organization_", 1) if found.startswith("root_") else found

    def get_tags(self) -> list[str]:
        """The first word of the address after the organization."""
        words = [word for word in self.path.removeprefix("/api/v1/").split("/") if word and not word.startswith("{")]
        return [words[1] if len(words) > 1 and words[0] == "organizations" else words[0] if words else "start"]

    @property
    def _changes_an_object(self) -> bool:
        return self.method in {"PUT", "PATCH", "DELETE"} and self.path.endswith("}/")

    def _statuses(self) -> list[str]:
        found = ["401", "429"]
        if "{" in self.path:
            found += ["403", "404"]
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            found += ["400", "409", "422"]
        if self._changes_an_object:
            found.append("412")
        return sorted(found)


def only_the_api(endpoints: list[Any], **_: Any) -> list[Any]:
    """Leave out what other apps mount outside the API."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def add_problem(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The shape every failure refers to."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    return result
