"""Every failure is a problem document, whoever made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.core.models import Connection

Caller = Callable[..., APIClient]


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"] == f"urn:mainstay:problem:{code}"
    assert body["instance"] == f"urn:mainstay:request:{response['X-Request-ID']}"
    return body


def test_unknown_address(client: Client, db: None) -> None:
    problem(client.get("/api/v1/nothing/"), 404, "not-found")


def test_anonymous(doors: str, api: Caller, connections: list[Connection]) -> None:
    response = api().get(doors)

    problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_stranger(doors: str, api: Caller, charlie: User, connections: list[Connection]) -> None:
    problem(api(charlie).get(doors), 404, "not-found")


def test_member_without_the_right(doors: str, api: Caller, bob: User, connections: list[Connection]) -> None:
    body = problem(api(bob).post(doors, {"name": "x"}), 403, "no-permission")

    assert body["detail"] == "Connect and disconnect accounts"


def test_method(doors: str, api: Caller, alice: User, connections: list[Connection]) -> None:
    problem(api(alice).put(f"{doors}{connections[0].pk}/", {}), 405, "method-not-allowed")
    response = api(alice).delete(doors)
    problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "GET, POST, HEAD"


def test_media_type(doors: str, api: Caller, alice: User) -> None:
    problem(api(alice).post(doors, "<a/>", content_type="application/xml"), 415, "unsupported-media-type")


def test_not_acceptable(doors: str, api: Caller, alice: User) -> None:
    problem(api(alice).get(doors, HTTP_ACCEPT="image/png"), 406, "not-acceptable")


def test_broken_json(doors: str, api: Caller, alice: User) -> None:
    problem(api(alice).post(doors, "{", content_type="application/json"), 400, "bad-request")


def test_fields(doors: str, api: Caller, alice: User) -> None:
    body = problem(api(alice).post(doors, {"name": "x" * 121, "kind": "mail"}), 400, "invalid")

    assert {(item["field"], item["code"]) for item in body["errors"]} == {
        ("name", "max_length"),
        ("provider", "required"),
    }


def test_crash_tells_nothing(doors: str, api: Caller, alice: User) -> None:
    caller = api(alice)
    caller.raise_request_exception = False
    response = caller.get("/api/v1/broken/")

    problem(response, 500, "error")
    assert b"secret details" not in response.content


def test_session_writes_need_the_csrf_token(doors: str, alice: User) -> None:
    caller = APIClient(enforce_csrf_checks=True)
    caller.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")

    problem(caller.post(doors, {"name": "x"}), 403, "no-permission")


def test_wrong_host(client: Client, db: None) -> None:
    problem(client.get("/api/v1/", HTTP_HOST="evil.example"), 400, "bad-request")


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 30])
def test_rows_that_are_not_there(doors: str, api: Caller, alice: User, pk: str) -> None:
    problem(api(alice).get(f"{doors}{pk}/"), 404, "not-found")
