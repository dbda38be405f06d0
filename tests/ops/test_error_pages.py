"""What people see when something cannot be done: a page with a way on, whatever is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from apps.accounts.models import User
from apps.core import error_pages

WAY_ON = re.compile(r'<a href="([^"]+)" class="btn')


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


def has_no_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


urlpatterns = [
    path("breaks/", breaks),
    path("api/v1/has-no-database/", has_no_database),
    path("has-no-database/", has_no_database),
]
handler500 = error_pages.server_error


@pytest.fixture
def browser(client: Client, settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


def test_try_again_leads_to_the_same_page_with_its_question(browser: Client, db: None) -> None:
    response = browser.get("/breaks/?range=7d&page=2")

    assert response.status_code == 500
    assert WAY_ON.findall(response.content.decode()) == ["/breaks/?range=7d&amp;page=2", "/"]
    assert response["X-Request-ID"] in response.content.decode()


def test_a_database_that_is_away_is_no_fault_of_the_program(browser: Client, db: None) -> None:
    page, api = browser.get("/has-no-database/"), browser.get("/api/v1/has-no-database/")

    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "The database does not answer." in page.content.decode()
    assert WAY_ON.findall(page.content.decode()) == ["/has-no-database/"]
    assert (api.status_code, api["Content-Type"]) == (503, "application/problem+json")


def test_the_page_is_made_without_the_person_when_they_cannot_be_looked_up() -> None:
    class Unknown:
        @property
        def theme(self) -> str:
            raise OperationalError("connection refused")

    request = RequestFactory().get("/o/harbour/")
    request.user, request.id = Unknown(), "0123456789abcdef"  # type: ignore[attr-defined,assignment]
    response = error_pages.unavailable(request)

    assert (response.status_code, response["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "For support: 0123456789abcdef" in response.content.decode()


def test_the_address_of_a_form_opened_as_a_page_says_so(client_of: Callable[[User], Client], alice: User) -> None:
    browser = client_of(alice)
    page, part = browser.get("/account/devices/1/end/"), browser.get("/account/devices/1/end/", HTTP_HX_REQUEST="true")

    assert (page.status_code, page["Allow"]) == (405, "POST, OPTIONS")
    assert WAY_ON.findall(page.content.decode()) == ["/"]
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert (part.status_code, part.content) == (405, b"")


def test_too_many_tries_say_when_to_go_on_and_lead_back_to_the_form(client: Client, db: None, settings: Any) -> None:
    settings.PUBLIC_POST_RATE = "1/m"
    client.post("/accounts/login/?next=/account/", {})
    limited = client.post("/accounts/login/?next=/account/", {})

    assert limited.status_code == 429
    assert f"in {limited['Retry-After']} second" in limited.content.decode()
    assert WAY_ON.findall(limited.content.decode()) == ["/accounts/login/?next=/account/"]


def test_the_limit_of_the_sign_in_library_has_the_same_page(client: Client, db: None, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1/m/ip"}
    for _ in range(2):
        limited = client.post("/accounts/login/", {"login": "somebody@example.com", "password": "wrong"})

    assert limited.status_code == 429
    assert "Too many tries" in limited.content.decode()
    assert "default-src 'self'" in limited["Content-Security-Policy"]
