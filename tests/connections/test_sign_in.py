"""Connecting by signing in at the vendor, through the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Membership, Organization, User
from apps.core.models import Connection
from apps.core.providers import ProviderField
from apps.core.tenancy import every_tenant, tenant
from tests.core import oauth_server, teahouse
from tests.core.oauth_server import AuthorizationServer
from tests.core.teahouse import Guarded

NEW = "/o/bakery/settings/connections/new/teahouse/guarded/"
BACK = "/connect/oauth/callback/"


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuthorizationServer]:
    settings.OAUTH_CLIENTS = {"guarded": oauth_server.CLIENT}
    with oauth_server.running() as found, teahouse.opened():
        monkeypatch.setattr(Guarded, "authorize_url", f"{found.url}/authorize")
        monkeypatch.setattr(Guarded, "token_url", f"{found.url}/token")
        monkeypatch.setattr(Guarded, "good", found.access)
        yield found


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def go(browser: Client, path: str = NEW) -> str:
    """The vendor's address the person is sent to."""
    answer = browser.post(path, {"name": "Orders"})
    assert answer.status_code == 302
    return str(answer["Location"])


def messages(browser: Client) -> str:
    return browser.get("/o/bakery/settings/connections/").content.decode()


def rows() -> list[Connection]:
    with every_tenant():
        return list(Connection.objects.order_by("id"))


def test_there_and_back_connects_and_tests(
    server: AuthorizationServer, browser: Client, organization: Organization
) -> None:
    answer = browser.get(BACK, server.allow(go(browser)))

    [row] = rows()
    assert answer["Location"] == f"/o/bakery/settings/connections/{row.pk}/"
    assert (row.organization_id, row.status, row.account) == (organization.id, "ok", "teahouse@example.com")
    assert row.secrets["access_token"] in server.access
    with every_tenant():
        assert [entry.action for entry in AuditEntry.objects.filter(action__startswith="connection.")] == [
            "connection.added"
        ]
    page = browser.get(answer["Location"]).content.decode()
    assert row.secrets["access_token"] not in page
    assert "Sign in again" in page


def test_answers_given_before_signing_in_are_kept_and_secrets_do_not_wait_in_the_session(
    server: AuthorizationServer, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = (ProviderField("house", "House"), ProviderField("pin", "PIN", kind="secret"))
    monkeypatch.setattr(Guarded, "fields", questions)
    assert browser.post(NEW, {"name": "Orders"}).status_code == 200  # asked again

    answer = browser.post(NEW, {"name": "Orders", "house": "Green", "pin": "pin-4711"})
    assert "pin-4711" not in str(dict(browser.session))
    browser.get(BACK, server.allow(str(answer["Location"])))

    [row] = rows()
    assert row.config == {"house": "Green"}
    assert row.secrets["access_token"] in server.access
    assert row.secrets["pin"] == ""


@pytest.mark.parametrize(
    ("given", "kept"), [("/o/bakery/sites/", True), ("https://evil.example/", False), ("//evil.example/", False)]
)
def test_signing_in_again_leads_back_to_the_page_it_began_on(
    given: str, kept: bool, server: AuthorizationServer, browser: Client
) -> None:
    browser.get(BACK, server.allow(go(browser)))
    [row] = rows()
    own = f"/o/bakery/settings/connections/{row.pk}/"

    there = browser.post(f"{own}sign-in/", {"next": given})["Location"]

    assert browser.get(BACK, server.allow(str(there)))["Location"] == (given if kept else own)


def test_signing_in_again_keeps_the_connection(server: AuthorizationServer, browser: Client) -> None:
    browser.get(BACK, server.allow(go(browser)))
    [row] = rows()
    server.revoke_everything()

    browser.get(BACK, server.allow(go(browser, f"/o/bakery/settings/connections/{row.pk}/sign-in/")))

    [again] = rows()
    assert again.pk == row.pk
    assert again.secrets["access_token"] in server.access
    with every_tenant():
        assert AuditEntry.objects.filter(action="connection.signed_in").count() == 1


def test_who_says_no_at_the_vendor_is_brought_back_kindly(server: AuthorizationServer, browser: Client) -> None:
    state = server.allow(go(browser))["state"]

    browser.get(BACK, {"error": "access_denied", "state": state})

    assert rows() == []
    assert "You did not allow access, so nothing was connected." in messages(browser)


@pytest.mark.parametrize("query", [{"state": "made-up", "code": "x"}, {}, {"code": "x"}])
def test_an_answer_nobody_asked_for_is_refused(
    server: AuthorizationServer, browser: Client, query: dict[str, str]
) -> None:
    go(browser)

    assert browser.get(BACK, query).status_code == 302
    assert rows() == []


def test_another_persons_session_cannot_finish_it(
    server: AuthorizationServer, browser: Client, client_of: Callable[[User], Client], charlie: User
) -> None:
    query = server.allow(go(browser))

    client_of(charlie).get(BACK, query)

    assert rows() == []
    assert server.requests == []


def test_who_lost_the_right_meanwhile_cannot_finish_it(
    server: AuthorizationServer, browser: Client, organization: Organization, alice: User
) -> None:
    query = server.allow(go(browser))
    with tenant(organization.id):
        Membership.objects.filter(user=alice).update(role=Role.VIEWER)

    assert browser.get(BACK, query).status_code == 403
    assert rows() == []


def test_who_left_meanwhile_finds_nothing(
    server: AuthorizationServer, browser: Client, organization: Organization, alice: User
) -> None:
    query = server.allow(go(browser))
    with tenant(organization.id):
        Membership.objects.filter(user=alice).update(is_active=False)

    assert browser.get(BACK, query).status_code == 404


def test_a_refused_code_is_said(server: AuthorizationServer, browser: Client) -> None:
    query = server.allow(go(browser))
    server.codes.clear()

    browser.get(BACK, query)

    assert rows() == []
    assert "Guarded teahouse no longer gives access" in messages(browser)


def test_an_anonymous_browser_is_asked_to_sign_in(server: AuthorizationServer, client: Client) -> None:
    assert "/accounts/login/" in client.get(BACK, {"state": "x"})["Location"]
