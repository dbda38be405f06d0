"""Connections in the settings, as an owner uses them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import AuditEntry, Organization, User
from apps.core.connections import services
from apps.core.models import Connection
from apps.core.providers import ProviderError
from apps.core.tenancy import every_tenant, tenant
from apps.notifications.providers.resend import Resend
from tests.core import teahouse

BASE = "/o/bakery/settings/connections/"
RESEND = f"{BASE}new/notification_transport/resend/"


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


@pytest.fixture(autouse=True)
def _vendor_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: Resend) -> str:
        if self.secrets["api_key"] == "re_bad":
            raise ProviderError("Resend refused: API key is invalid", permanent=True)
        return "example.com"

    monkeypatch.setattr(Resend, "check", check)


def only() -> Connection:
    with every_tenant():
        return Connection.objects.get()


def log() -> list[str]:
    with every_tenant():
        return list(AuditEntry.objects.filter(action__startswith="connection.").order_by("id")
                    .values_list("action", flat=True))


def connect(browser: Client, api_key: str = "re_secret") -> Connection:
    answer = browser.post(RESEND, {"name": "Our mail", "api_key": api_key, "sender": "Shop <a@example.com>"})
    assert answer.status_code == 302
    return only()


def test_the_gallery_shows_every_vendor_and_no_stand_in(browser: Client) -> None:
    page = browser.get(BASE).content.decode()

    assert "Resend" in page
    assert "Mail server (SMTP)" in page
    assert "Demo mailbox" not in page
    assert "Connected accounts will stand here" in page


def test_the_demo_offers_its_stand_in(browser: Client, settings: Any) -> None:
    settings.DEMO = True

    assert "Demo mailbox" in browser.get(BASE).content.decode()


def test_the_form_asks_in_the_vendors_words(browser: Client) -> None:
    page = browser.get(RESEND).content.decode()

    assert "What does Mainstay need to know to use Resend?" in page
    assert "Shop &lt;hello@example.com&gt;" in page


def test_connecting_stores_tests_and_logs(browser: Client) -> None:
    row = connect(browser)

    assert (row.name, row.account, row.status) == ("Our mail", "example.com", "ok")
    assert (row.config, row.secrets) == ({"sender": "Shop <a@example.com>"}, {"api_key": "re_secret"})
    assert log() == ["connection.added"]
    page = browser.get(f"{BASE}{row.pk}/").content.decode()
    assert "Working" in page
    assert "Our mail" in browser.get(BASE).content.decode()


def test_a_secret_is_never_rendered_back_or_logged(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    row = connect(browser)
    broken = browser.post(f"{BASE}{row.pk}/", {"name": "", "api_key": "re_typed", "sender": "x"})

    pages = [browser.get(f"{BASE}{row.pk}/"), browser.get(BASE), broken]
    assert not any(b"re_secret" in page.content or b"re_typed" in page.content for page in pages)
    assert b"Stored. Leave blank to keep it." in pages[0].content
    with every_tenant():
        entries = list(AuditEntry.objects.values_list("before", "after"))
    assert "re_secret" not in json.dumps(entries)
    assert "re_secret" not in caplog.text


def test_a_secret_left_blank_is_kept_and_a_new_one_replaces_it(browser: Client) -> None:
    row = connect(browser)
    browser.post(f"{BASE}{row.pk}/", {"name": "Mail 2", "api_key": "", "sender": "b@example.com"})
    kept = only()
    browser.post(f"{BASE}{row.pk}/", {"name": "Mail 2", "api_key": "re_new", "sender": "b@example.com"})

    assert (kept.name, kept.config["sender"], kept.secrets) == ("Mail 2", "b@example.com", {"api_key": "re_secret"})
    assert only().secrets == {"api_key": "re_new"}
    assert log() == ["connection.added", "connection.changed", "connection.changed"]


def test_a_missing_secret_is_asked_for(browser: Client) -> None:
    answer = browser.post(RESEND, {"name": "Mail", "api_key": "", "sender": "a@example.com"})

    assert answer.status_code == 200
    assert b"This field is required." in answer.content
    with every_tenant():
        assert Connection.objects.count() == 0


def test_what_does_not_work_is_said_with_what_to_do(browser: Client) -> None:
    row = connect(browser, "re_bad")

    page = browser.get(f"{BASE}{row.pk}/").content.decode()
    assert row.status == "error"
    assert "Needs attention" in page
    assert "Resend refused: API key is invalid" in page
    assert "Check the settings below and test again." in page


def test_pause_resume_and_test(browser: Client) -> None:
    row = connect(browser)

    browser.post(f"{BASE}{row.pk}/pause/")
    assert only().status == "paused"
    browser.post(f"{BASE}{row.pk}/test/")
    assert only().status == "paused"
    browser.post(f"{BASE}{row.pk}/resume/")
    assert only().status == "ok"
    assert log()[1:] == ["connection.paused", "connection.resumed"]


def test_disconnecting_wants_the_name_typed(browser: Client) -> None:
    row = connect(browser)

    browser.post(f"{BASE}{row.pk}/disconnect/", {"confirmation": "our mail"})
    assert only().pk == row.pk
    answer = browser.post(f"{BASE}{row.pk}/disconnect/", {"confirmation": "Our mail"})

    assert answer["Location"] == BASE
    with every_tenant():
        assert Connection.objects.count() == 0
    assert log()[-1] == "connection.removed"


@pytest.mark.parametrize(
    "path", ["new/nonsense/resend/", "new/notification_transport/nonsense/", "999999/", "999999/test/"]
)
def test_what_is_not_there_is_not_there(browser: Client, path: str) -> None:
    answer = browser.post(BASE + path) if path.endswith("test/") else browser.get(BASE + path)

    assert answer.status_code == 404


def test_a_manager_sees_and_may_not_touch(client_of: Callable[[User], Client], alice: User, bob: User) -> None:
    row = connect(client_of(alice))
    browser = client_of(bob)

    page = browser.get(f"{BASE}{row.pk}/").content.decode()
    assert "Our mail" in page
    assert "data-opens" not in page.split("connection-main")[1].split("</article>")[0]
    assert browser.get(RESEND).status_code == 403
    assert browser.post(f"{BASE}{row.pk}/pause/").status_code == 403


def test_a_stranger_finds_nothing(client_of: Callable[[User], Client], alice: User, charlie: User) -> None:
    row = connect(client_of(alice))

    assert client_of(charlie).get(f"{BASE}{row.pk}/").status_code == 404
    assert client_of(charlie).get(f"/o/garage/settings/connections/{row.pk}/").status_code == 404


@pytest.fixture
def synced(organization: Organization) -> Iterator[Connection]:
    with teahouse.opened(), tenant(organization.id):
        yield services.connection_create(kind="teahouse", provider="fake", name="Orders", values={})


def test_a_running_sync_shows_how_far_it_is_and_keeps_asking(browser: Client, synced: Connection) -> None:
    with every_tenant():
        Connection.objects.update(progress={"running": True, "items": 1204, "total": 5000}, status="ok")

    page = browser.get(BASE).content.decode()
    part = browser.get(BASE, headers={"HX-Request": "true", "HX-Target": "section#connection-cards"}).content.decode()

    assert "Syncing: 1,204 of 5,000" in page
    assert 'hx-trigger="every 3s"' in page
    assert part.strip().startswith("<section")
    assert "<html" not in part


def test_sync_now_makes_it_due(browser: Client, synced: Connection) -> None:
    with every_tenant():
        Connection.objects.update(next_attempt_at=None, cursor={"after": 10})

    browser.post(f"{BASE}{synced.pk}/resync/")
    assert only().next_attempt_at is not None
    assert only().cursor == {"after": 10}
    browser.post(f"{BASE}{synced.pk}/resync/", {"from_scratch": "1"})
    assert only().cursor == {}


def test_a_connection_whose_vendor_is_gone_can_still_be_removed(browser: Client, organization: Organization) -> None:
    with tenant(organization.id):
        row = Connection.objects.create(kind="gramophone", provider="his_masters", name="Old")

    page = browser.get(f"{BASE}{row.pk}/").content.decode()
    assert "No longer offered" in page
    assert browser.post(f"{BASE}{row.pk}/test/").status_code == 302
    browser.post(f"{BASE}{row.pk}/disconnect/", {"confirmation": "Old"})
    with every_tenant():
        assert Connection.objects.count() == 0
