"""What every answer says about what may be done with it, and what strangers may send."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.cache import breaker
from apps.core.client_ip import address_behind
from tests.factories.accounts import UserFactory


def directives(response: Any) -> dict[str, list[str]]:
    header = response["Content-Security-Policy"]
    return {words[0]: words[1:] for part in header.split(";") if (words := part.split())}


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/", "/no/such/page/", "/admin/login/"])
def test_policy_on_every_kind_of_page(client: Client, db: None, path: str) -> None:
    response = client.get(path, follow=True)
    policy = directives(response)

    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'self'"]
    if not path.startswith("/admin/"):
        assert policy["script-src"] == ["'self'"]
        assert policy["style-src"] == ["'self'"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in response["Permissions-Policy"]


def test_pages_may_speak_to_the_socket_and_the_collector(client: Client, db: None, settings: Any) -> None:
    sources = directives(client.get("/accounts/login/"))["connect-src"]

    assert sources[0] == "'self'"
    assert settings.COLLECTOR_URL in sources
    assert any(source.startswith(("ws://", "wss://")) for source in sources)


def test_staff_pages_name_their_style_by_hash(client: Client, db: None) -> None:
    staff = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/admin/")
    policy = directives(response)

    blocks = re.findall(r"<style[^>]*>", response.content.decode())
    assert len([source for source in policy["style-src"] if source.startswith("'sha256-")]) == len(blocks) > 0
    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", response.content.decode())


def test_public_forms_are_limited_by_address(client: Client, db: None, settings: Any) -> None:
    settings.PUBLIC_POST_RATE = "3/m"

    answers = [client.post("/accounts/login/", {"login": f"p{n}@example.com"}).status_code for n in range(4)]
    limited = client.post("/accounts/login/", {})
    elsewhere = client.post("/accounts/login/", {}, REMOTE_ADDR="203.0.113.9")

    assert answers == [200, 200, 200, 429]
    assert 0 < int(limited["Retry-After"]) <= 61
    assert "Too many tries" in limited.content.decode()
    assert elsewhere.status_code == 200


def test_signed_in_people_are_not_limited_as_strangers(
    client_of: Callable[[User], Client], alice: User, settings: Any
) -> None:
    settings.PUBLIC_POST_RATE = "1/m"
    browser = client_of(alice)

    assert 429 not in [browser.post("/accounts/logout/x/").status_code for _ in range(3)]


@pytest.mark.parametrize(
    ("remote", "forwarded", "depth", "found"),
    [
        ("203.0.113.7", "", 0, "203.0.113.7"),
        ("203.0.113.7", "1.2.3.4", 0, "203.0.113.7"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.7", 1, "203.0.113.7"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.7, 10.0.0.1", 2, "203.0.113.7"),
        ("203.0.113.7", "", 1, "203.0.113.7"),
        ("203.0.113.7", "1.2.3.4", 2, "203.0.113.7"),
        ("10.0.0.2", "nonsense", 1, "10.0.0.2"),
        ("10.0.0.2", "[2001:db8::1]:443", 1, "2001:db8::1"),
        ("10.0.0.2", "203.0.113.7:5555", 1, "203.0.113.7"),
        ("", "", 0, "0.0.0.0"),
    ],
)
def test_client_address(remote: str, forwarded: str, depth: int, found: str) -> None:
    assert address_behind(remote, forwarded, depth) == found


def test_hosts_that_are_not_ours(client: Client, db: None) -> None:
    assert client.get("/accounts/login/", HTTP_HOST="evil.example").status_code == 400


def test_errors_have_pages_with_the_request_id(client: Client, db: None) -> None:
    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert response["X-Request-ID"] in response.content.decode()


def test_cookies_are_closed(client_of: Callable[[User], Client], settings: Any) -> None:
    from config.settings import security

    assert security.SESSION_COOKIE_HTTPONLY is True
    assert security.SESSION_COOKIE_SAMESITE == "Lax"
    assert security.SESSION_COOKIE_SECURE is settings.BASE_URL.startswith("https://")


def test_breaker_state_is_on_pages(client: Client, db: None) -> None:
    from apps.core.ops.context import state

    breaker.reset()
    assert state(None) == {"live_paused": False}  # type: ignore[arg-type]
